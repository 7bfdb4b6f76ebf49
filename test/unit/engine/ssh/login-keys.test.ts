import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BaseAgent } from 'ssh2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SshHop } from '../../../../engine/ssh/config.ts'
import { loginMethods, publicHalf } from '../../../../engine/ssh/keys.ts'

const here = spawnSync('ssh-agent', ['-h']).error === undefined && spawnSync('ssh-keygen', ['-?']).error === undefined

describe.skipIf(!here)('with a real agent and real keys', () => {
  let at: string
  let agent: ChildProcess
  const keyAt = (name: string) => path.join(at, name)
  const hop = (settings: Partial<SshHop>): SshHop => ({
    name: 'pi',
    address: '10.0.0.1',
    port: 22,
    user: 'pi',
    knownAs: { host: '10.0.0.1', port: 22 },
    identities: [],
    identitiesOnly: true,
    knownHosts: [],
    globalKnownHosts: [],
    ...settings,
  })
  /** The public keys that are offered by the agent. */
  const offered = async (settings: Partial<SshHop>): Promise<readonly string[]> => {
    const methods = await loginMethods(hop({ agent: keyAt('socket'), ...settings }))
    const found = methods.find(method => method.type === 'agent')
    if (!found || found.type !== 'agent' || typeof found.agent === 'string') return []
    const keys = await new Promise<readonly unknown[]>((resolve, reject) =>
      (found.agent as BaseAgent).getIdentities((error, list) => (error ? reject(error) : resolve(list ?? []))),
    )
    return keys.map(key => (key as { getPublicSSH(): Buffer }).getPublicSSH().toString('base64'))
  }
  const blobOf = (name: string) => readFileSync(keyAt(`${name}.pub`), 'utf8').split(' ')[1]

  beforeAll(async () => {
    at = mkdtempSync(path.join(tmpdir(), 'keys-'))
    for (const [name, passphrase] of [
      ['locked', 'secret'],
      ['other', ''],
      ['plain', ''],
    ] as const)
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', keyAt(name)])
    agent = spawn('ssh-agent', ['-D', '-a', keyAt('socket')], { stdio: 'ignore' })
    while (!existsSync(keyAt('socket'))) await new Promise(done => setTimeout(done, 10))
    const env = { ...process.env, SSH_AUTH_SOCK: keyAt('socket') }
    copyFileSync(keyAt('locked'), keyAt('opened'))
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'secret', '-N', '', '-f', keyAt('opened')])
    execFileSync('ssh-add', ['-q', keyAt('opened'), keyAt('other')], { env })
  })
  afterAll(() => {
    agent.kill()
    rmSync(at, { recursive: true })
  })

  test('the agent offers, of its keys, the one whose file is named: with a passphrase, or its public half alone', async () => {
    expect(await offered({ identities: [keyAt('locked')] })).toEqual([blobOf('locked')])
    expect(await offered({ identities: [keyAt('locked.pub')] })).toEqual([blobOf('locked')])
    rmSync(keyAt('other'))
    expect(await offered({ identities: [keyAt('other')] })).toEqual([blobOf('other')])
  })

  test('a key of its own needs no agent', async () => {
    expect((await loginMethods(hop({ identities: [keyAt('plain')] }))).map(({ type }) => type)).toEqual(['publickey'])
    expect(
      (await loginMethods(hop({ identities: [keyAt('plain')], identitiesOnly: false, agent: keyAt('socket') }))).map(({ type }) => type),
    ).toEqual(['publickey', 'agent'])
  })

  test('without an agent, the key with a passphrase is named', async () => {
    await expect(loginMethods(hop({ identities: [keyAt('locked')] }))).rejects.toMatchObject({
      message: `the key ${keyAt('locked')} for pi has a passphrase, and no agent holds it`,
      hint: expect.stringContaining(`ssh-add ${keyAt('locked')}`) as unknown,
    })
    await expect(loginMethods(hop({}))).rejects.toThrow('there is no key to log in to pi with')
  })

  test('the public half stands in clear in an encrypted file', () => {
    expect(publicHalf(readFileSync(keyAt('locked'), 'utf8'))?.toString('base64')).toBe(blobOf('locked'))
    expect(publicHalf('-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END')).toBeUndefined()
    expect(publicHalf('no key')).toBeUndefined()
  })
})
