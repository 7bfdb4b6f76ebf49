import { access } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { parseJump } from '../inventory/jumps.ts'
import type { Fleet, Host, SshSettings } from '../inventory/types.ts'
import { askSsh, sshConfigError, type SshConfig, type Stated } from './ssh-g.ts'

/** One machine on the way to a host, or the host itself. */
export interface SshHop {
  /** The host's name in the inventory, or the hop as written. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** Under what its key stands in known_hosts: its address and port, or its HostKeyAlias. */
  readonly knownAs: { readonly host: string; readonly port: number }
  /** Private key files that are there, best first. */
  readonly identities: readonly string[]
  /** Offer these keys only, none that an agent has besides. */
  readonly identitiesOnly: boolean
  /** Socket of the agent; absent: none. */
  readonly agent?: string
  /** The user's known_hosts files; a new key goes to the first. None: nothing is remembered. */
  readonly knownHosts: readonly string[]
  /** The machine's own, read as well. */
  readonly globalKnownHosts: readonly string[]
}

/** A host and the way to it, outermost hop first. */
export interface SshTarget extends SshHop {
  readonly via: readonly SshHop[]
}

/** What there is around us; tests bring their own. */
export interface SshSurroundings {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** Login name of whoever runs this. */
  readonly user: string
  /** What the ssh program says of a name; undefined where it is not installed. */
  readonly ask: (name: string, stated: Stated) => Promise<SshConfig | undefined>
  readonly exists: (file: string) => Promise<boolean>
}

interface Resolved {
  readonly hop: SshHop
  readonly jumps: readonly string[]
}

/**
 * How to reach a host: what the inventory says, and for what it leaves open what the user's own ssh_config says.
 * The ssh program is asked, where there is one: nobody else reads its files as it does.
 * @throws Failed (`ssh-config`) for a ProxyCommand, a circle of jumps, a private key that is not there.
 */
export async function resolveSsh(host: Host, fleet: Fleet, surroundings: SshSurroundings = surroundingsOf(fleet)): Promise<SshTarget> {
  const { hop, jumps } = await ofHost(host, fleet.ssh, surroundings)
  return { ...hop, via: await way(jumps, [host.name], fleet, surroundings) }
}

const known = new WeakMap<Fleet, SshSurroundings>()

// The hosts of a fleet share gateways, keys and configuration files: each is looked at once.
function surroundingsOf(fleet: Fleet): SshSurroundings {
  const there = known.get(fleet)
  if (there) return there
  const home = homedir()
  const answer = remember((question: string) => {
    const { name, stated } = JSON.parse(question) as { readonly name: string; readonly stated: Stated }
    return askSsh(name, stated)
  })
  const surroundings: SshSurroundings = {
    home,
    env: process.env,
    user: userInfo().username,
    ask: (name, stated) => answer(JSON.stringify({ name, stated })),
    exists: remember(file =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  }
  known.set(fleet, surroundings)
  return surroundings
}

function remember<T>(find: (key: string) => T): (key: string) => T {
  const found = new Map<string, T>()
  return key => {
    let value = found.get(key)
    if (value === undefined) found.set(key, (value = find(key)))
    return value
  }
}

// As `ssh -J a,b` does: only the first hop may have a way of its own; the others are reached through the one before.
async function way(jumps: readonly string[], passed: readonly string[], fleet: Fleet, around: SshSurroundings): Promise<readonly SshHop[]> {
  const [first, ...rest] = jumps
  if (first === undefined) return []
  if (passed.includes(first)) throw sshConfigError(`jumps go round in a circle: ${[...passed, first].join(' → ')}`)
  const [nearest, ...others] = await Promise.all([first, ...rest].map(jump => ofJump(jump, fleet, around)))
  if (!nearest) return []
  const before = await way(nearest.jumps, [...passed, first], fleet, around)
  return [...before, nearest.hop, ...others.map(({ hop }) => hop)]
}

async function ofJump(jump: string, fleet: Fleet, around: SshSurroundings): Promise<Resolved> {
  const host = fleet.hosts.find(({ name }) => name === jump)
  if (host) return ofHost(host, fleet.ssh, around)
  const parsed = parseJump(jump)
  if (!parsed) throw sshConfigError(`cannot hop through "${jump}"`, 'a jump is written as [user@]host[:port], an IPv6 address in brackets')
  const config = await around.ask(parsed.host, { user: parsed.user, port: parsed.port })
  return resolve(
    jump,
    {
      address: config?.hostname ?? parsed.host,
      port: parsed.port ?? config?.port ?? 22,
      user: parsed.user ?? config?.user ?? around.user,
      jumps: config?.proxyJump ?? [],
    },
    config,
    fleet.ssh,
    around,
  )
}

async function ofHost(host: Host, settings: SshSettings, around: SshSurroundings): Promise<Resolved> {
  const { stated = ['user', 'port', 'jump'] } = host
  const [userStated, portStated, way] = [stated.includes('user'), stated.includes('port'), stated.includes('jump')]
  const question: Stated = {
    address: host.address,
    user: userStated ? host.user : undefined,
    port: portStated ? host.port : undefined,
    way,
  }
  const config = await around.ask(host.name, question)
  // ssh answers with one's own login name when no ssh_config names a user; that is no better than our default.
  const user = userStated || !config || config.user === around.user ? host.user : config.user
  const port = portStated || !config ? host.port : config.port
  const jumps = way || !config ? host.jump : config.proxyJump
  return resolve(host.name, { address: host.address, port, user, jumps }, way ? config && withoutCommand(config) : config, settings, around)
}

function withoutCommand({ proxyCommand: _, ...config }: SshConfig): SshConfig {
  return config
}

async function resolve(
  name: string,
  reached: { readonly address: string; readonly port: number; readonly user: string; readonly jumps: readonly string[] },
  config: SshConfig | undefined,
  settings: SshSettings,
  around: SshSurroundings,
): Promise<Resolved> {
  if (config?.proxyCommand !== undefined) {
    throw sshConfigError(
      `your ssh configuration reaches ${name} by a ProxyCommand, which is not supported here`,
      'use ProxyJump there, or write `jump:` in the inventory; `jump: []` means directly',
    )
  }
  const { address, port, user, jumps } = reached
  const expand = (file: string): string => expandTokens(file, { name, address, port, user }, around)
  const agent = agentOf(config?.identityAgent, around.env, expand)
  const alias = config?.hostKeyAlias
  const userFiles = config?.userKnownHosts ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']
  const globalFiles = config?.globalKnownHosts ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  const hop: SshHop = {
    name,
    address,
    port,
    user,
    // As in OpenSSH: an alias stands alone, without a port.
    knownAs: alias === undefined ? { host: address, port } : { host: alias, port: 22 },
    identities: await identitiesOf(config, settings, around, expand),
    identitiesOnly: config?.identitiesOnly ?? false,
    ...(agent !== undefined && { agent }),
    knownHosts: settings.knownHosts !== undefined ? [settings.knownHosts] : userFiles.map(expand),
    globalKnownHosts: settings.knownHosts !== undefined ? [] : globalFiles.map(expand),
  }
  return { hop, jumps }
}

async function identitiesOf(
  config: SshConfig | undefined,
  { identity }: SshSettings,
  { exists }: SshSurroundings,
  expand: (file: string) => string,
): Promise<readonly string[]> {
  if (identity !== undefined) {
    if (await exists(identity)) return [identity]
    throw sshConfigError(`there is no private key ${identity}`, 'the inventory names it under ssh: identity')
  }
  const usual = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa']
  const files = [...new Set((config?.identityFiles ?? usual).map(expand))]
  // Of a key that only an agent has, the public half may be all there is.
  const there = await Promise.all(files.map(async file => (await exists(file)) || exists(`${file}.pub`)))
  return files.filter((_, index) => there[index])
}

function agentOf(configured: string | undefined, env: NodeJS.ProcessEnv, expand: (file: string) => string): string | undefined {
  if (configured === 'none') return undefined
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || undefined
  if (/^\$\w+$/.test(configured)) return env[configured.slice(1)] || undefined
  return expand(configured)
}

/** Expands `~`, `${VARIABLE}` and the percent tokens of ssh_config in a file name. */
function expandTokens(
  file: string,
  host: { readonly name: string; readonly address: string; readonly port: number; readonly user: string },
  { home, env, user }: SshSurroundings,
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: home,
    h: host.address,
    n: host.name,
    p: String(host.port),
    r: host.user,
    u: user,
  }
  const text = file
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole)
    .replace(/%([%\w])/g, (whole, token: string) => tokens[token] ?? whole)
  return text.startsWith('~/') ? path.join(home, text.slice(2)) : text
}
