import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { generateIdentity } from './seal.ts'
import { writeNew } from '../whole-file.ts'
import { SecretsError } from './secrets-error.ts'

/** Where the age identity is: `$FLEET_IDENTITY`, else `~/.config/temperature-fleet/identity.txt`. Never in the repository. */
export function identityFile(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  if (env['FLEET_IDENTITY']) return path.resolve(env['FLEET_IDENTITY'])
  return path.join(env['XDG_CONFIG_HOME'] || path.join(home, '.config'), 'temperature-fleet', 'identity.txt')
}

/**
 * The identities in a file, the owner's own first; undefined when there is no file.
 * @throws SecretsError when others may read it, or it holds none.
 */
export function readIdentities(file: string): readonly string[] | undefined {
  let text: string
  try {
    const { mode } = statSync(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new SecretsError(`${file} can be read by others (mode ${(mode & 0o777).toString(8)})`, `run: chmod 600 ${file}`)
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof SecretsError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new SecretsError(`the identity ${file} cannot be read: ${(error as Error).message}`)
  }
  const identities = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  if (identities.length === 0 || !identities.every(line => /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(line))) {
    throw new SecretsError(`${file} is not an age identity`, 'it should hold one line that begins with AGE-SECRET-KEY-1')
  }
  return identities
}

/** Makes an identity (0600, in a folder of 0700), or reads the one that another process made a moment earlier. */
export function makeIdentity(file: string): readonly string[] {
  const { identity, recipient } = generateIdentity()
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeNew(file, `# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`, { mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new SecretsError(`the identity ${file} cannot be made: ${(error as Error).message}`)
    }
  }
  return readIdentities(file) ?? [identity]
}
