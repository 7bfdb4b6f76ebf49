import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGunzip, createGzip } from 'node:zlib'
import { Failed } from '../errors.ts'
import { identityFile, makeIdentity, readIdentities } from '../secrets/identity.ts'
import { readRecipients } from '../secrets/recipients.ts'
import type { Depot } from './depot.ts'
import { Metered } from './metered.ts'
import { setFile } from './set.ts'

/** `hosts/pi.backups` for `hosts/pi.yaml`. */
export const backupsFolder = (inventory: string) => `${inventory.replace(/\.ya?ml$/, '')}.backups`

const suffix = '.age'

/**
 * Backups in a folder of this machine, encrypted with age for those who may read the fleet's secrets.

 */
export function folderDepot(folder: string, { inventory, env = process.env }: FolderOptions): Depot {
  const at = (set: string, file: string) => path.join(folder, set, `${file}${suffix}`)
  return {
    at: folder,

    async put(set, file, content) {
      const { Encrypter, identityToRecipient } = await import('age-encryption')
      const encrypter = new Encrypter()
      const place = identityFile(env)
      const [own = ''] = readIdentities(place) ?? makeIdentity(place)
      for (const recipient of new Set([await identityToRecipient(own), ...readRecipients(inventory, env)]))
        encrypter.addRecipient(recipient)
      await mkdir(path.join(folder, set), { recursive: true, mode: 0o700 })
      const beside = `${at(set, file)}.new`
      const metered = new Metered()
      // Here, not on the Pi: a Pi has less to spare of computing power than of network.
      const packed = createGzip({ level: 1 })
      pipeline(content, packed).catch(() => {})
      const sealed = await encrypter.encrypt(Readable.toWeb(packed) as globalThis.ReadableStream<Uint8Array>)
      await pipeline(Readable.fromWeb(sealed as ReadableStream<Uint8Array>), metered, createWriteStream(beside, { mode: 0o600 }))
      await synced(beside)
      await rename(beside, at(set, file))
      await synced(path.join(folder, set))
      return { stored: metered.bytes, storedSum: metered.sum() }
    },

    async stored(set, file) {
      const name = at(set, file)
      if (!existsSync(name)) throw new Failed({ message: `${name} is not there` })
      return createReadStream(name, { highWaterMark: 1024 * 1024 })
    },

    async opened(bytes) {
      const { Decrypter } = await import('age-encryption')
      const place = identityFile(env)
      const identities = readIdentities(place)
      if (!identities)
        throw new Failed({
          code: 'secrets',
          message: `backups are encrypted, and there is no identity at ${place} to open them`,
          hint: 'copy the identity from the machine that made them, or name it with FLEET_IDENTITY',
        })
      const decrypter = new Decrypter()
      for (const identity of identities) decrypter.addIdentity(identity)
      const open = await decrypter.decrypt(Readable.toWeb(bytes) as globalThis.ReadableStream<Uint8Array>)
      const content = createGunzip()
      pipeline(Readable.fromWeb(open as ReadableStream<Uint8Array>), content).catch(() => {})
      return content
    },

    async sets() {
      if (!existsSync(folder)) return []
      const found = (await readdir(folder, { withFileTypes: true })).filter(
        entry => entry.isDirectory() && /^\d{8}T\d{6}Z/.test(entry.name),
      )
      const sets = await Promise.all(
        found.map(async ({ name }) => ({
          id: name,
          files: (await readdir(path.join(folder, name))).filter(file => file.endsWith(suffix)).map(file => file.slice(0, -suffix.length)),
        })),
      )
      return sets.sort((a, b) => (a.id < b.id ? -1 : 1))
    },

    async remove(set) {
      await rm(at(set, setFile), { force: true })
      await rm(path.join(folder, set), { recursive: true, force: true })
    },
  }
}

export interface FolderOptions {
  /** Beside it stand the public keys of others who may read. */
  readonly inventory: string
  readonly env?: NodeJS.ProcessEnv
}

async function synced(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
