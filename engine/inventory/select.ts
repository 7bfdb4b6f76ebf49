import { UsageError } from '../errors.ts'
import { didYouMean } from './nearest.ts'
import type { Fleet, Host } from './types.ts'

/**
 * The hosts that patterns mean, each once and in the fleet's order. A pattern is a host's name, a group, a glob over
 * host names (`producer*`, `producer[12]`) or `all`; with `!` in front it takes hosts away. Without any pattern that
 * adds hosts, all are meant.
 * @throws UsageError when a pattern fits nothing, or nothing is left.
 */
export function selectHosts(fleet: Fleet, patterns: readonly string[]): readonly Host[] {
  const included = new Set<Host>()
  const excluded = new Set<Host>()
  const failures: { readonly message: string; readonly hint: string }[] = []
  for (const pattern of patterns) {
    const name = pattern.replace(/^!/, '')
    const found = match(fleet, name)
    if (found.length === 0) failures.push(nothingFits(fleet, name))
    for (const host of found) (pattern.startsWith('!') ? excluded : included).add(host)
  }
  const [failure] = failures
  if (failure) throw new UsageError(failures.map(({ message }) => message).join('; '), failure.hint)

  const adds = patterns.some(pattern => !pattern.startsWith('!'))
  const chosen = fleet.hosts.filter(host => (!adds || included.has(host)) && !excluded.has(host))
  if (chosen.length === 0) throw new UsageError(`no host is left of ${patterns.join(' ') || 'the fleet'}`)
  return chosen
}

function match(fleet: Fleet, name: string): readonly Host[] {
  if (name === 'all') return fleet.hosts
  if (fleet.groups.includes(name)) return fleet.hosts.filter(host => host.groups.includes(name))
  if (!/[*?[]/.test(name)) return fleet.hosts.filter(host => host.name === name)
  const glob = globExpression(name)
  return glob ? fleet.hosts.filter(host => glob.test(host.name)) : []
}

function globExpression(glob: string): RegExp | undefined {
  const source = glob.replace(/\[!?[^\]]+\]|[^]/g, part => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length > 1) return part.replace(/^\[!/, '[^').replace(/\\/g, '\\\\')
    return part.replace(/[.+^${}()|[\]\\]/, '\\$&')
  })
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return undefined // such as [z-a]: fits nothing, and is told so
  }
}

function nothingFits(fleet: Fleet, name: string): { readonly message: string; readonly hint: string } {
  const names = fleet.hosts.map(host => host.name)
  if (fleet.groups.includes(name)) return { message: `group "${name}" has no hosts`, hint: `hosts: ${names.join(', ')}` }
  const groups = fleet.groups.length > 0 ? `; groups: ${fleet.groups.join(', ')}` : ''
  const hint = didYouMean(name, [...names, ...fleet.groups, 'all']) ?? `hosts: ${names.join(', ')}${groups}`
  return { message: `no host or group "${name}" in fleet ${fleet.name}`, hint }
}
