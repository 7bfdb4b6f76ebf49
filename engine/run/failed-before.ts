import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { HostResult } from './events.ts'

/** Where it is remembered which hosts failed in their last run: beside the inventory. */
export function failedFile(inventory: string): string {
  return `${inventory.replace(/\.ya?ml$/, '')}.failed.json`
}

/** Hosts whose last run failed, as far as this machine ran it. What cannot be read remembers nobody. */
export function failedBefore(inventory: string): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(readFileSync(failedFile(inventory), 'utf8'))
    return new Set(Array.isArray(names) ? names.filter(name => typeof name === 'string') : [])
  } catch {
    return new Set()
  }
}

/**
 * Remembers how the hosts of a run ended; of others it keeps what it knew. A cluster that failed counts for the host that spoke for it. Writes only where
 * something is new.
 */
export function rememberFailed(inventory: string, results: ReadonlyMap<string, Pick<HostResult, 'status' | 'spokenBy'>>): void {
  const before = failedBefore(inventory)
  const failed = [...results].flatMap(([name, { status, spokenBy }]) => (status === 'failed' ? [spokenBy ?? name] : []))
  const now = [...new Set([...before].filter(name => !results.has(name)).concat(failed))].sort()
  if (now.length === before.size && now.every(name => before.has(name))) return
  const file = failedFile(inventory)
  if (now.length === 0) return rmSync(file, { force: true })
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(now)}\n`)
  renameSync(`${file}.${process.pid}`, file)
}
