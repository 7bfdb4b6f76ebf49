import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Architecture, Release } from '../../engine/inventory/types.ts'
import { run } from '../run.ts'
import { aptSettings } from './apt-settings.ts'
import type { Recipe } from './recipe.ts'
import { mirrorsIn, parseSources, sourceLines } from './sources.ts'

/** The recipe of a root file system on this machine, from its own apt configuration and certificates. */
export async function recipeHere(release: Release, arch: Architecture): Promise<Recipe> {
  const dump = await run(['apt-config', 'dump'])
  return {
    release,
    arch,
    sources: sourceLines(mirrorsIn(sourcesHere()), release, arch),
    settings: aptSettings(dump, process.env),
    certificates: digestOf('/usr/local/share/ca-certificates'),
  }
}

function sourcesHere(): ReturnType<typeof parseSources> {
  const directory = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...list(directory).map(name => join(directory, name))]
  return files
    .filter(file => existsSync(file) && /\.(list|sources)$/.test(file))
    .flatMap(file => parseSources(readFileSync(file, 'utf8'), file.endsWith('.list') ? 'list' : 'sources'))
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : []
}

function digestOf(directory: string): string {
  const hash = createHash('sha256')
  for (const name of list(directory).filter(file => file.endsWith('.crt'))) hash.update(name).update(readFileSync(join(directory, name)))
  return hash.digest('hex')
}
