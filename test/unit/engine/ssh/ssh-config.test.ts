import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { anySshConfigMatters } from '../../../../engine/ssh/ssh-config-files.ts'
import { sshConfigMatters } from '../../../../engine/ssh/ssh-config-relevance.ts'
import { askSsh, parseSshG, sshGArguments } from '../../../../engine/ssh/ssh-g.ts'

test('ssh is asked with what is fixed already', () => {
  expect(sshGArguments('pi', {})).toEqual(['-G', '--', 'pi'])
  expect(sshGArguments('pi', { address: '10.0.0.1', user: 'me', port: 2222, way: true })).toEqual([
    '-G', '-o', 'HostName=10.0.0.1', '-l', 'me', '-p', '2222', '-o', 'ProxyJump=none', '--', 'pi',
  ])
})

test('its answer is read', () => {
  expect(
    parseSshG(
      [
        'host pi', 'user me', 'hostname 10.0.0.1', 'port 2222', 'identitiesonly yes', 'proxyusefdpass no',
        'identityfile ~/.ssh/id pi', 'identityfile /keys/%h', 'identityagent $AGENT', 'proxyjump a@[::1]:22,b', 'hostkeyalias alias',
        'userknownhostsfile /home/my user/known /home/me/other', 'globalknownhostsfile none', '',
      ].join('\n'),
    ),
  ).toEqual({
    hostname: '10.0.0.1', port: 2222, user: 'me', identitiesOnly: true, identityFiles: ['~/.ssh/id pi', '/keys/%h'],
    identityAgent: '$AGENT', proxyJump: ['a@[::1]:22', 'b'], hostKeyAlias: 'alias',
    userKnownHosts: ['/home/my user/known', '/home/me/other'], globalKnownHosts: [],
  })
})

test.skipIf(spawnSync('ssh', ['-V']).error !== undefined)('the ssh that is installed answers', async () => {
  expect(await askSsh('pi', { address: '10.0.0.1', user: 'me', port: 2222 })).toMatchObject({ hostname: '10.0.0.1', user: 'me', port: 2222, proxyJump: [] })
})

const none = (): readonly string[] => []

test.each([
  ['nothing', '', false],
  ['what Debian ships', 'Host *\n#   Port 22\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n', false],
  ['a setting for all', 'User me\n', true],
  ['a setting with an equals sign', 'Host *\n  user=me\n', true],
  ['a stanza of this host', 'Host producer*\n  Port 2222\n', true],
  ['a stanza of another host', 'Host work !producer1\n  Port 2222\n  ProxyJump gw\n', false],
  ['this host taken out', 'Host * !producer1\n  Port 2222\n', false],
  ['a Match', 'Match exec "true"\n  IdentityFile x\n', true],
  ['a Match that says nothing of ours', 'Match all\n  SendEnv X\n', false],
  ['an Include of nothing', 'Include nowhere/*\n', false],
])('%s: %#', (_, text, matters) => expect(sshConfigMatters(text, ['producer1'], none)).toBe(matters))

test('the files of the user and the machine, and what they include', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'home-'))
  const etc = path.join(home, 'etc')
  mkdirSync(path.join(home, '.ssh/more'), { recursive: true })
  mkdirSync(path.join(etc, 'ssh_config.d'), { recursive: true })
  const matters = (): boolean => anySshConfigMatters(['producer1'], home, { etc })
  try {
    expect(matters()).toBe(false)
    writeFileSync(path.join(etc, 'ssh_config'), `Include ${etc}/ssh_config.d/*.conf\nHost *\n  SendEnv LANG\n`)
    writeFileSync(path.join(etc, 'ssh_config.d/20-proxy.conf'), 'Host unix/* vsock/*\n  ProxyCommand x\n')
    expect(matters()).toBe(false)
    writeFileSync(path.join(home, '.ssh/config'), 'Host *\n  Include more/* "~/.ssh/config"\n')
    expect(matters()).toBe(true) // it includes itself, which ssh is to judge
    writeFileSync(path.join(home, '.ssh/config'), 'Host *\n  Include more/*\n')
    expect(matters()).toBe(false)
    writeFileSync(path.join(home, '.ssh/more/pis'), 'Host producer?\n  User me\n')
    expect(matters()).toBe(true)
  } finally {
    rmSync(home, { recursive: true })
  }
})
