import type { Readable } from 'node:stream'

/** Where backups lie: files in folders, a folder a backup. What is in a file is encrypted before it comes to any disk. */
export interface Depot {
  /** For a person. */
  readonly at: string
  /** Keeps a file as a whole or not at all. Resolves when it is safe from a power cut; tells its bytes and their SHA-256 as kept. */
  put(set: string, file: string, content: Readable): Promise<{ readonly stored: number; readonly storedSum: string }>
  /** The bytes of a file as they are kept. @throws Failed where there is none */
  stored(set: string, file: string): Promise<Readable>
  /** The content of a file from its kept bytes; a stream that fails where they are not what was kept. */
  opened(bytes: Readable): Promise<Readable>
  /** Backups, in the order of their names, those that were cut off included. */
  sets(): Promise<readonly { readonly id: string; readonly files: readonly string[] }[]>
  /** Takes a backup away, the file that says it is whole first. */
  remove(set: string): Promise<void>
}
