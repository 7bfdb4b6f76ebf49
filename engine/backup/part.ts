import type { Fleet, Host } from '../inventory/types.ts'
import type { Shell } from '../resources/kind.ts'

/** What a role on a Pi has that is worth keeping, in one stream. */
export interface BackupPart {
  /** Letters, digits, `-` and `_`; one of its name of a role on a host. */
  readonly name: string
  /** Prints the content as bytes. Exit 0: it is whole. It leaves no copy on the card. */
  readonly takes: Shell
}

/** What was read of a part. */
export interface Looked {
  /** What a person may compare, e.g. rows by table. */
  readonly figures: Readonly<Record<string, number>>
}

/** Looks at the content of a part while it passes. */
export interface PartReader {
  push(piece: Uint8Array): void
  /** @throws Error that says what is damaged, where the content is not whole */
  end(): Looked
}

/** A part as a backup has it. */
export interface Piece {
  /** The host it was taken from, by its name then. */
  readonly host: string
  readonly role: string
  readonly name: string
  /** When it was taken, ISO 8601. */
  readonly taken: string
  /** Bytes of its content. */
  readonly bytes: number
  readonly figures: Looked['figures']
}

/** What is done on a host to put back what a backup has. */
export interface Restoring {
  /** What its content is read from on standard input; absent: nothing is. */
  readonly piece?: Piece
  /** For a person, e.g. `reading: rows that are not there`. */
  readonly does: string
  /** Done twice it is as done once, also where the first time was cut off anywhere. */
  readonly run: Shell
}

/** What of a role is kept, and how it comes back. The engine moves bytes, and knows nothing of what they are. */
export interface RoleBackup<V = unknown> {
  /** Units that must run for any of it: without them there is nothing to ask. */
  parts(of: BackupOf<V>): readonly BackupPart[]
  /** On all hosts of the role before the first part of any is taken: what has to be of one moment. Done twice it is as done once. */
  begins?(of: BackupOf<V>): Shell
  /** On each of them at the end, also after a failure; what an earlier run left is taken away by `begins`. */
  ends?(of: BackupOf<V>): Shell
  /** Reads a part of this name, of whatever host. */
  reader(name: string): PartReader
  /**
   * What is done on this host of today's fleet, in order. `pieces`: all that the backup has of this role, of whatever hosts there were.
   * Nothing that is newer than the backup goes.
   */
  restores(of: BackupOf<V>, pieces: readonly Piece[]): readonly Restoring[]
  /** A card that died takes something with it that only the backup has: it is put back once the role is at work on the new one. */
  whenReplaced?(of: BackupOf<V>): boolean
  /**
   * What an empty card gets before the role starts there for the first time, e.g. the number to go on from; `pieces` as above. Done twice
   * it is as done once, and it changes nothing where the role has begun already.
   */
  seeds?(of: BackupOf<V>, pieces: readonly Piece[], now: Date): readonly Restoring[]
}

export interface BackupOf<V> {
  readonly host: Host
  readonly fleet: Fleet
  readonly vars: V
}
