import type { Architecture, Release } from '../../engine/inventory/types.ts'
import { isForeign } from './architecture.ts'

/** Where this machine gets Debian from. */
export interface Mirrors {
  /** The archive itself. */
  readonly main: string | undefined
  readonly security: string | undefined
}

interface Source {
  readonly uri: string
  readonly suite: string
}

const debianSuite = /^(buster|bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-security|-updates|\/updates)?\/?$/

/** Entries of an apt source file: deb822 (`.sources`) or one a line (`.list`). */
export function parseSources(text: string, format: 'sources' | 'list'): Source[] {
  return format === 'list' ? text.split('\n').flatMap(parseLine) : text.split(/\n\s*\n/).flatMap(parseStanza)
}

function parseLine(line: string): Source[] {
  const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line)
  return found?.[1] && found[2] ? [{ uri: found[1], suite: found[2] }] : []
}

function parseStanza(stanza: string): Source[] {
  const fields = new Map<string, string>()
  let key = ''
  for (const line of stanza.split('\n').filter(text => !text.startsWith('#'))) {
    const start = /^([\w-]+):\s*(.*)$/.exec(line)
    if (start?.[1]) fields.set((key = start[1].toLowerCase()), start[2] ?? '')
    else fields.set(key, `${fields.get(key) ?? ''} ${line.trim()}`)
  }
  const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter(Boolean)
  if (!words('types').includes('deb') || fields.get('enabled')?.trim() === 'no') return []
  return words('uris').flatMap(uri => words('suites').map(suite => ({ uri, suite })))
}

/**
 * The mirrors among a machine's sources that carry Debian: first of each kind. Other vendors' repositories use Debian's suite names too,
 * so the address has to end like an archive's. Addresses that only this machine can read (file:, cdrom:) are left out.
 */
export function mirrorsIn(sources: readonly Source[]): Mirrors {
  const usable = sources.filter(
    ({ uri, suite }) => /^https?:/.test(uri) && debianSuite.test(suite) && /\/debian(-security)?(\/|$)/.test(uri),
  )
  const isSecurity = ({ suite }: Source): boolean => /security|\/updates/.test(suite)
  return { main: usable.find(source => !isSecurity(source))?.uri, security: usable.find(isSecurity)?.uri }
}

/**
 * apt lines for a host's own release. A foreign architecture gets the main suite alone: mirrors' security indexes of small
 * architectures may lag behind. No lines when this machine names no Debian mirror: mmdebstrap then uses the one it knows.
 */
export function sourceLines(mirrors: Mirrors, release: Release, arch: Architecture): string[] {
  if (!mirrors.main) return []
  const main = `deb ${mirrors.main} ${release} main`
  if (isForeign(arch)) return [main]
  const security = mirrors.security ? [`deb ${mirrors.security} ${release}-security main`] : []
  return [main, `deb ${mirrors.main} ${release}-updates main`, ...security]
}
