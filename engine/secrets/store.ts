import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { writeWhole } from '../whole-file.ts'
import { identityFile, makeIdentity, readIdentities } from './identity.ts'
import { withLock } from './lock.ts'
import { readRecipients } from './recipients.ts'
import { seal } from './seal.ts'
import { SecretsError } from './secrets-error.ts'
import { unseal, WrongIdentity } from './unseal.ts'

/** One secret as it is kept. Times are ISO 8601. */
export interface Entry {
  readonly value: string
  readonly made: string
  readonly rotated?: string | undefined
}

const entry = z.object({ value: z.string(), made: z.string(), rotated: z.string().optional() })
const content = z.object({ secrets: z.record(z.string(), entry) })

/** The encrypted file of a fleet's secrets. */
export interface StoreSurroundings {
  /** The inventory it stands beside. */
  readonly inventory: string
  readonly env: NodeJS.ProcessEnv
  readonly home: string
}

/** `hosts/pi.secrets.age` for `hosts/pi.yaml`. */
export function secretsFile(inventory: string): string {
  return inventory.replace(/\.ya?ml$/, '') + '.secrets.age'
}

/** All secrets of the store; none when there is no file yet. Nothing is written. */
export function readStore({ inventory, env, home }: StoreSurroundings): Map<string, Entry> {
  const file = secretsFile(inventory)
  let sealed: Buffer
  try {
    sealed = readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw new SecretsError(`${file} cannot be read: ${(error as Error).message}`)
  }
  const identity = identityFile(env, home)
  const identities = readIdentities(identity)
  if (!identities) {
    throw new SecretsError(
      `${file} is encrypted, and there is no identity at ${identity} to open it`,
      'copy the identity from the machine that made the file, or name it with FLEET_IDENTITY',
    )
  }
  try {
    return new Map(Object.entries(content.parse(JSON.parse(unseal(sealed, identities))).secrets))
  } catch (error) {
    if (error instanceof WrongIdentity) {
      throw new SecretsError(
        `${file} was encrypted for another identity than ${identity}`,
        'name the right one with FLEET_IDENTITY, or have its owner add your public key (see docs/secrets.md) and change a secret',
      )
    }
    throw new SecretsError(`${file} cannot be opened: it is damaged`, 'restore it from a backup or from git')
  }
}

/**
 * Changes the store while no other process does: `change` gets what is there now and returns what the caller wants,
 * and the result is on the disk when this returns. Nothing is written when `change` changes nothing.
 */
export function updateStore<T>(around: StoreSurroundings, change: (secrets: Map<string, Entry>) => T): T {
  const file = secretsFile(around.inventory)
  return withLock(file, stillMine => {
    const secrets = readStore(around)
    const before = serialise(secrets)
    const wanted = change(secrets)
    const after = serialise(secrets)
    if (after !== before) write(file, encrypt(after, around), stillMine)
    return wanted
  })
}

function encrypt(text: string, { inventory, env, home }: StoreSurroundings): Uint8Array {
  const identity = identityFile(env, home)
  const [own = ''] = readIdentities(identity) ?? makeIdentity(identity)
  return seal(text, own, readRecipients(inventory, env))
}

function serialise(secrets: ReadonlyMap<string, Entry>): string {
  const sorted = [...secrets].sort(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify({ secrets: Object.fromEntries(sorted) }, null, 2)}\n`
}

function write(file: string, data: Uint8Array, stillMine: () => boolean): void {
  const before = () => {
    if (!stillMine()) throw new SecretsError(`${file}: this process was stopped for so long that another one went ahead`, 'run it again')
  }
  try {
    writeWhole(file, data, { mode: 0o600, before })
  } catch (error) {
    if (error instanceof SecretsError) throw error
    throw new SecretsError(`${file} cannot be written: ${(error as Error).message}`)
  }
}
