import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inventoryOf } from './inventory.ts'

/** A word that may stand in a command line. */
export interface Candidate {
  readonly value: string
  readonly meaning: string
}

/** Names of hosts, and of groups where they are wanted, in an inventory that need not be right. Nothing when it cannot be read. */
export function namesIn(command: string, flag: string | undefined, groups: boolean): readonly Candidate[] {
  try {
    const known: unknown = parse(readFileSync(inventoryOf(command, flag === undefined ? {} : { inventory: flag }), 'utf8'))
    const hosts = keys(known, 'hosts').map(value => ({ value, meaning: 'host' }))
    return groups ? [...hosts, ...keys(known, 'groups').map(value => ({ value, meaning: 'group' }))] : hosts
  } catch {
    return []
  }
}

function keys(known: unknown, section: string): readonly string[] {
  if (typeof known !== 'object' || known === null) return []
  const value: unknown = (known as Readonly<Record<string, unknown>>)[section]
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
