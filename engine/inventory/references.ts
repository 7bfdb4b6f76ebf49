import { isBareName, jumpCycles, parseJump } from './jumps.ts'
import { findModel, type ModelName } from './models.ts'
import { didYouMean } from './nearest.ts'
import type { Problem } from './problem.ts'
import type { GroupInput, HostInput } from './schema.ts'
import { isHostName } from './schema.ts'
import type { Path, Source } from './source.ts'
import type { Host } from './types.ts'
import type { RoleSchemas } from './vars.ts'

/** Names of hosts and groups: what a Pi can be called, and nothing a command line could take for something else. */
export function checkNames(hosts: readonly string[], groups: readonly string[], source: Source): readonly Problem[] {
  const problems: Problem[] = []
  for (const [kind, names] of [
    ['groups', groups],
    ['hosts', hosts],
  ] as const) {
    for (const name of names) {
      const at = [kind, name]
      const what = kind === 'hosts' ? 'host name' : 'group name'
      if (name === 'all') problems.push(source.atKey(at, `"all" is no ${what}: it already means every host`))
      else if (/^(\d+|0x[0-9a-f]+)$/i.test(name))
        problems.push(
          source.atKey(at, `bad ${what} "${name}": programs take a number for an address`, `"pi-${name.toLowerCase()}" would do`),
        )
      else if (!isHostName(name)) {
        const better = name
          .toLowerCase()
          .replace(/[^a-z0-9-]+/g, '-')
          .replace(/^-+|-+$/g, '')
          .slice(0, 63)
        const hint = better && better !== name ? `"${better}" would do` : undefined
        problems.push(source.atKey(at, `bad ${what} "${name}": lower-case letters, digits and hyphens only, at most 63`, hint))
      }
    }
  }
  for (const name of hosts) {
    if (groups.includes(name)) problems.push(source.atKey(['hosts', name], `"${name}" is both a host and a group`, 'rename one of them'))
  }
  return problems
}

/** Role names and jump hosts named by a group or host, and the architecture against the model. */
export function checkEntry(
  at: Path,
  entry: GroupInput | HostInput,
  roleNames: readonly string[],
  hostNames: readonly string[],
  source: Source,
): readonly Problem[] {
  const problems: Problem[] = []
  entry.roles?.forEach((role, index) => {
    if (!roleNames.includes(role)) problems.push(source.atValue([...at, 'roles', index], ...unknown('role', role, roleNames)))
  })
  entry.jump?.forEach((hop, index) => {
    if (hostNames.includes(hop)) return
    const single = [...at, 'jump', index]
    const where = source.has(single) ? single : [...at, 'jump']
    if (isBareName(hop)) {
      const hint = didYouMean(hop, hostNames) ?? 'a host that is not in this file is written user@host or host:port'
      problems.push(source.atValue(where, `unknown host "${hop}" to jump through`, hint))
    } else if (!parseJump(hop)) {
      problems.push(source.atValue(where, `bad jump "${hop}"`, 'write it as [user@]host[:port], an IPv6 address in brackets'))
    }
  })
  const model = entry.model === undefined ? undefined : findModel(entry.model)
  if (model && entry.arch && entry.arch !== 'amd64' && !model.arches.includes(entry.arch)) {
    const message = `a ${entry.model as ModelName} cannot run ${entry.arch}`
    problems.push(source.atValue([...at, 'arch'], message, `it runs ${model.arches.join(' or ')}`))
  }
  return problems
}

/** Role names under `vars`, wherever they stand. */
export function checkVarRoles(
  at: Path,
  vars: Readonly<Record<string, unknown>>,
  roleNames: readonly string[],
  source: Source,
): readonly Problem[] {
  return Object.keys(vars)
    .filter(role => !roleNames.includes(role))
    .map(role => source.atKey([...at, role], ...unknown('role', role, roleNames)))
}

/** `unknown role "nginxx"` with what was likely meant, or else everything there is. */
export function unknown(what: string, name: string, known: readonly string[]): [message: string, hint: string] {
  const hint = didYouMean(name, known) ?? (known.length > 0 ? `there is: ${known.join(', ')}` : `there is no ${what} yet`)
  return [`unknown ${what} "${name}"`, hint]
}

/** Two roles on one host that exclude each other. */
export function checkConflicts(host: Host, roles: RoleSchemas, source: Source): readonly Problem[] {
  const problems: Problem[] = []
  host.roles.forEach((role, index) => {
    for (const other of host.roles.slice(0, index)) {
      const conflict = roles[role]?.conflicts?.includes(other) || roles[other]?.conflicts?.includes(role)
      if (!conflict) continue
      const message = `roles ${other} and ${role} cannot be on one host, and "${host.name}" has both`
      problems.push(source.atValue(ownRole(host, [role, other], source), message, 'take one of them away'))
    }
  })
  return problems
}

// The caret goes to what the host itself says; when both come from groups, to the host's list of groups.
function ownRole(host: Host, candidates: readonly string[], source: Source): Path {
  const base = ['hosts', host.name]
  const own = (source.data() as { hosts?: Record<string, { roles?: unknown } | null> } | null)?.hosts?.[host.name]?.roles
  if (Array.isArray(own)) {
    const index = candidates.map(role => own.indexOf(role)).find(found => found >= 0)
    if (index !== undefined) return [...base, 'roles', index]
  }
  return source.has([...base, 'groups']) ? [...base, 'groups'] : base
}

/** Two hosts behind one address and port. Behind different jumps the same private address may mean two machines. */
export function checkAddresses(hosts: readonly Host[], source: Source): readonly Problem[] {
  const first = new Map<string, Host>()
  const problems: Problem[] = []
  for (const host of hosts) {
    const endpoint = JSON.stringify([host.address.toLowerCase(), host.port, host.jump])
    const earlier = first.get(endpoint)
    if (!earlier) first.set(endpoint, host)
    else {
      const message = `address ${host.address} port ${host.port} belongs to host "${earlier.name}" already`
      problems.push(source.atValue(['hosts', host.name, 'address'], message, `see line ${earlier.at.line}`))
    }
  }
  return problems
}

/** Hosts that can only be reached through themselves. */
export function checkJumpCycles(hosts: readonly Host[], source: Source): readonly Problem[] {
  const jumps = new Map(hosts.map(host => [host.name, host.jump]))
  return jumpCycles(jumps).map(cycle => {
    const [name = ''] = cycle
    const at = ['hosts', name, 'jump']
    const message = `jumps go round in a circle: ${[...cycle, name].join(' → ')}`
    const hint = source.has(at) ? undefined : 'its group says so; "jump: []" at the host means it is reached directly'
    return source.has(at) ? source.atValue(at, message, hint) : source.atKey(['hosts', name], message, hint)
  })
}
