import { homedir } from 'node:os'
import path from 'node:path'
import { check, describe } from './explain.ts'
import { expandPath } from './paths.ts'
import { InventoryError, type Problem } from './problem.ts'
import { checkAddresses, checkConflicts, checkJumpCycles, checkEntry, checkNames, checkVarRoles, unknown } from './references.ts'
import { fleetSchema, groupSchema, hostSchema, type FleetInput, type GroupInput, type HostInput } from './schema.ts'
import { Source, type Path } from './source.ts'
import type { Fleet, Host, RoleVars, SshSettings } from './types.ts'
import { checkRoleVars, checkUnusedVars, type RoleSchemas, type VarLayer } from './vars.ts'

/** Where things are that an inventory refers to. */
export interface ParseOptions {
  /** The file as messages name it; default: `file` as given. */
  readonly display?: string
  /** What `~` means; default: the user's home. */
  readonly home?: string
  /** The names of all roles, for who writes one that is not there; default: those of which there is a schema. */
  readonly roleNames?: readonly string[]
}

/**
 * A fleet from the text of an inventory. `file` is its path; relative paths inside are taken from its folder.
 * @throws InventoryError with every problem found, in the order of the file.
 */
export function parseFleet(text: string, file: string, roles: RoleSchemas, options: ParseOptions = {}): Fleet {
  return readFleet(new Source(text, options.display ?? file), file, roles, options)
}

/** The same, of a text that was parsed already. */
export function readFleet(source: Source, file: string, roles: RoleSchemas, options: ParseOptions = {}): Fleet {
  const display = options.display ?? file
  if (!source.readable) throw new InventoryError(source.problems)
  const data = source.data()
  if (data === null || data === undefined) {
    throw new InventoryError([{ message: `${display} is empty`, hint: 'hosts/lab.yaml of this project is an example to start from' }])
  }
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw new InventoryError([source.atValue([], `an inventory is a map of keys (fleet, hosts, …), not ${describe(data)}`)])
  }
  const reader = new Reader(source, roles, options.roleNames ?? Object.keys(roles))
  const fleet = reader.read(data, path.resolve(file), options.home ?? homedir())
  const problems = inOrder([...source.problems, ...reader.problems])
  if (problems.length > 0 || !fleet) throw new InventoryError(problems)
  return fleet
}

/** One reading of one file: collects problems as it goes. */
class Reader {
  readonly problems: Problem[] = []
  readonly #source: Source
  readonly #roles: RoleSchemas
  readonly #roleNames: readonly string[]

  constructor(source: Source, roles: RoleSchemas, roleNames: readonly string[]) {
    this.#source = source
    this.#roles = roles
    this.#roleNames = roleNames
  }

  read(data: object, file: string, home: string): Fleet | undefined {
    const input = this.#check(fleetSchema, data, [])
    // Taken from the file itself: hosts and groups can be judged even where another outer key is wrong.
    const { groups: rawGroups, hosts: rawHosts } = data as { readonly groups?: unknown; readonly hosts?: unknown }
    const [groupsInput, hostsInput] = [asMap(rawGroups), asMap(rawHosts)]
    const groupNames = Object.keys(groupsInput)
    const hostNames = Object.keys(hostsInput)
    this.problems.push(...checkNames(hostNames, groupNames, this.#source))

    const groups = new Map<string, GroupInput>()
    for (const [name, value] of Object.entries(groupsInput)) {
      const group = this.#check(groupSchema, value ?? {}, ['groups', name])
      if (group) groups.set(name, group)
      if (group) this.#entry(['groups', name], group, hostNames)
    }
    const fleetVars: VarLayer = { path: ['vars'], vars: input?.vars ?? {} }
    this.problems.push(...checkVarRoles(fleetVars.path, fleetVars.vars, this.#roleNames, this.#source))

    const hosts: Host[] = []
    const layers = new Set<VarLayer>([fleetVars])
    const used = new Set<string>()
    for (const [name, value] of Object.entries(hostsInput)) {
      const host = this.#check(hostSchema, value ?? {}, ['hosts', name])
      if (!host) continue
      this.#entry(['hosts', name], host, hostNames)
      host.groups?.forEach((group, index) => {
        if (groupNames.includes(group)) return
        this.problems.push(this.#source.atValue(['hosts', name, 'groups', index], ...unknown('group', group, groupNames)))
      })
      const merged = this.#host(name, host, groups, fleetVars, { firstBoot: input?.firstBoot })
      hosts.push(merged.host)
      for (const layer of merged.layers) layers.add(layer)
      for (const role of merged.host.roles) used.add(role)
    }
    for (const [name, group] of groups) layers.add({ path: ['groups', name, 'vars'], vars: group.vars ?? {} })
    this.#unusedVars(layers, used)

    if (input && hostNames.length === 0) this.problems.push(this.#source.atKey(['hosts'], 'there are no hosts in it'))
    this.problems.push(...checkAddresses(hosts, this.#source), ...checkJumpCycles(hosts, this.#source))
    if (!input) return undefined
    return { name: input.fleet, file, ssh: sshSettings(input, path.dirname(file), home), groups: groupNames, hosts }
  }

  #check<T>(schema: Parameters<typeof check<T>>[0], value: unknown, at: Path): T | undefined {
    const { data, problems } = check(schema, value, this.#source, inner => [...at, ...inner])
    this.problems.push(...problems)
    return data
  }

  #entry(at: Path, entry: GroupInput | HostInput, hostNames: readonly string[]): void {
    this.problems.push(
      ...checkEntry(at, entry, this.#roleNames, hostNames, this.#source),
      ...checkVarRoles([...at, 'vars'], entry.vars ?? {}, this.#roleNames, this.#source),
    )
  }

  #host(
    name: string,
    input: HostInput,
    groups: ReadonlyMap<string, GroupInput>,
    fleetVars: VarLayer,
    fleetFirstBoot: Pick<GroupInput, 'firstBoot'>,
  ): { readonly host: Host; readonly layers: readonly VarLayer[] } {
    const names = [...new Set(input.groups ?? [])]
    const ownGroups = names.flatMap(group => groups.get(group) ?? [])
    // The host's own word first, then that of its last group: the nearest one that says something wins.
    const nearestFirst = [input, ...ownGroups.toReversed()]
    const say = <K extends keyof GroupInput>(key: K): GroupInput[K] | undefined =>
      nearestFirst.find(level => level[key] !== undefined)?.[key]

    const layers: VarLayer[] = [
      fleetVars,
      ...names.map(group => ({ path: ['groups', group, 'vars'], vars: groups.get(group)?.vars ?? {} })),
      { path: ['hosts', name, 'vars'], vars: input.vars ?? {} },
    ]
    const roles = [...new Set([...ownGroups.flatMap(group => group.roles ?? []), ...(input.roles ?? [])])]
    const vars: Record<string, RoleVars[string]> = {}
    for (const role of roles) {
      const schema = Object.hasOwn(this.#roles, role) ? this.#roles[role] : undefined
      if (!schema) continue
      const checked = checkRoleVars(role, schema, layers, this.#source, ['hosts', name])
      this.problems.push(...checked.problems)
      vars[role] = checked.values
    }

    const [user, port, jump, model, os, arch] = [say('user'), say('port'), say('jump'), say('model'), say('os'), say('arch')]
    const [sudoPassword, lab, firstBoot] = [
      say('sudoPassword'),
      labSettings(nearestFirst),
      firstBootSettings([...nearestFirst, fleetFirstBoot]),
    ]
    const host: Host = {
      name,
      address: input.address,
      port: port ?? 22,
      user: user ?? 'pi',
      jump: jump ?? [],
      ...(model !== undefined && { model }),
      ...(os !== undefined && { os }),
      ...(arch !== undefined && { arch }),
      groups: names,
      roles,
      vars,
      ...(sudoPassword !== undefined && { sudoPassword }),
      ...(lab !== undefined && { lab }),
      ...(firstBoot !== undefined && { firstBoot }),
      stated: (['user', 'port', 'jump'] as const).filter(key => say(key) !== undefined),
      at: this.#source.keyPosition(['hosts', name]),
    }
    this.problems.push(...checkConflicts(host, this.#roles, this.#source))
    return { host, layers }
  }

  #unusedVars(layers: Iterable<VarLayer>, used: ReadonlySet<string>): void {
    for (const layer of layers) {
      for (const role of Object.keys(layer.vars)) {
        const schema = Object.hasOwn(this.#roles, role) ? this.#roles[role] : undefined
        if (schema && !used.has(role)) this.problems.push(...checkUnusedVars(role, schema, layer, this.#source))
      }
    }
  }
}

function labSettings(nearestFirst: readonly GroupInput[]): Host['lab'] {
  const [cpu, memory, delay, sudoPassword] = (['cpu', 'memory', 'delay', 'sudoPassword'] as const).map(key =>
    nearestFirst.map(level => level.lab?.[key]).find(value => value !== undefined),
  ) as [number?, number?, number?, string?]
  const lab = {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(delay !== undefined && { delay }),
    ...(sudoPassword !== undefined && { sudoPassword }),
  }
  return Object.keys(lab).length > 0 ? lab : undefined
}

function firstBootSettings(nearestFirst: readonly Pick<GroupInput, 'firstBoot'>[]): Host['firstBoot'] {
  const said = nearestFirst.flatMap(({ firstBoot }) =>
    firstBoot ? [Object.entries(firstBoot).filter(([, value]) => value !== undefined)] : [],
  )
  return said.length > 0 ? Object.fromEntries(said.toReversed().flat()) : undefined
}

function sshSettings({ ssh }: FleetInput, folder: string, home: string): SshSettings {
  return {
    ...(ssh.identity !== undefined && { identity: expandPath(ssh.identity, folder, home) }),
    ...(ssh.knownHosts !== undefined && { knownHosts: expandPath(ssh.knownHosts, folder, home) }),
    connectTimeout: ssh.connectTimeout,
    keepalive: ssh.keepalive,
  }
}

// A wrong value at the fleet or in a group is found again on every host it reaches, and told once.
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const told = new Map(problems.map(problem => [JSON.stringify([problem.position, problem.message]), problem]))
  return [...told.values()].sort(
    (a, b) => (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0),
  )
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
