import { readFile } from 'node:fs/promises'
import { execa } from 'execa'
import ssh2, { type ParsedKey } from 'ssh2'
import { Failed } from '../engine/errors.ts'
import type { SshTarget } from '../engine/ssh/config.ts'
import { publicHalf } from '../engine/ssh/keys.ts'
import { keyType } from '../engine/ssh/known-hosts.ts'

/**
 * The public keys that the new Pi lets in: those of files named, else of the keys this machine would log in with, else the agent's.
 * @throws Failed where there is none
 */
export async function loginKeys(target: SshTarget, files: readonly string[]): Promise<readonly string[]> {
  const named = await Promise.all(files.map(async file => linesOf(await readFile(file, 'utf8').catch(unreadable(file)), file)))
  if (named.length > 0) return [...new Set(named.flat())]
  const own = (await Promise.all(target.identities.map(publicLine))).flatMap(line => line ?? [])
  const keys = own.length > 0 ? own : await agentKeys(target.agent)
  if (keys.length > 0) return [...new Set(keys)]
  throw new Failed({
    message: 'there is no key to let in: nobody could log in to the new Pi',
    hint: 'make one: ssh-keygen -t ed25519; or name a public key: --key FILE.pub',
  })
}

function linesOf(text: string, file: string): readonly string[] {
  const lines = text.split('\n').flatMap(line => (line.trim() === '' || line.startsWith('#') ? [] : [line.trim()]))
  if (lines.length === 0 || lines.some(line => ssh2.utils.parseKey(line) instanceof Error || line.startsWith('-----'))) {
    throw new Failed({ message: `${file} is no public key`, hint: 'it is the file whose name ends in .pub' })
  }
  return lines
}

async function publicLine(file: string): Promise<string | undefined> {
  const half = await readFile(`${file.replace(/\.pub$/, '')}.pub`, 'utf8').catch(() => undefined)
  if (half !== undefined) return half.trim()
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const key = ssh2.utils.parseKey(text) as ParsedKey | readonly ParsedKey[] | Error
  const blob = key instanceof Error ? publicHalf(text) : ('type' in key ? key : key[0])?.getPublicSSH()
  return blob && `${keyType(blob) ?? ''} ${blob.toString('base64')}`
}

async function agentKeys(socket: string | undefined): Promise<readonly string[]> {
  if (socket === undefined) return []
  const { stdout, failed } = await execa('ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: socket }, reject: false })
  return failed ? [] : stdout.split('\n').filter(line => line.startsWith('ssh-') || line.startsWith('ecdsa-') || line.startsWith('sk-'))
}

const unreadable = (file: string) => (error: unknown) => {
  throw new Failed({ message: `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}` })
}
