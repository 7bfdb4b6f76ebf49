import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'

const project = join(import.meta.dirname, '../..')
/** No part of the commands. */
const others = new Set(['node_modules', 'test', 'stacks', 'bench', 'docs'])

/** The release before the one that is packed, as `kafka-4.3/pom.xml` asks for it, with the levels its clusters begin with. */
export const older = { name: '4.3', version: '4.3.1', levels: { 'metadata.version': 30, 'share.version': 1 } } as const

/**
 * This project as it was with the release before: a copy of its sources whose pom, sums and levels are that release's. A person who goes
 * back checks out such a state, and starts the same commands there.
 */
export function olderProject(): string {
  const folder = copyOfProject()
  for (const file of ['pom.xml', 'pom.sha512']) cpSync(join(import.meta.dirname, 'kafka-4.3', file), join(folder, 'roles/kafka', file))
  const release = join(folder, 'roles/kafka/release.ts')
  const text = readFileSync(release, 'utf8')
  const name = /name: '[\d.]+'/
  expect(text).toMatch(name)
  let changed = text.replace(name, `name: '${older.name}'`)
  for (const [feature, level] of Object.entries(older.levels)) {
    const line = new RegExp(`('${feature}'): \\d+`)
    expect(text).toMatch(line)
    changed = changed.replace(line, `$1: ${level}`)
  }
  writeFileSync(release, changed)
  return folder
}

/** The release of Cassandra before the one that is packed, as `cassandra-5.0.4/pom.xml` asks for it. */
export const olderRelease = '5.0.4'

/** The same with the release of Cassandra before. */
export function olderCassandra(): string {
  const folder = copyOfProject()
  for (const file of ['pom.xml', 'pom.sha512'])
    cpSync(join(import.meta.dirname, `cassandra-${olderRelease}`, file), join(folder, 'roles/cassandra', file))
  return folder
}

function copyOfProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-older-'))
  for (const room of readdirSync(project).filter(name => !others.has(name) && !name.startsWith('.')))
    cpSync(join(project, room), join(folder, room), { recursive: true, preserveTimestamps: true })
  // Its bundles are its own, the packages are the same.
  mkdirSync(join(folder, 'node_modules'))
  for (const entry of readdirSync(join(project, 'node_modules')))
    if (entry !== '.cache') symlinkSync(join(project, 'node_modules', entry), join(folder, 'node_modules', entry))
  return folder
}
