import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect, isIP } from 'node:net'

/** A role and its password. */
export interface Login {
  readonly user: string
  readonly password: string
}

/** What the file of `cql` says: the node of this Pi, how it is spoken to, and the role that asks. */
export interface Settings extends Login {
  /** An address, or a name of this machine. */
  readonly host: string
  /** The name, where it was one: the node's certificate is for it. */
  readonly name?: string
  /** Which of a name's addresses: 4 or 6. */
  readonly family?: number
  readonly port: number
  /** File with the CA's certificate; with it TLS is spoken. */
  readonly ca?: string
}

export const settingsFile = process.env['CQL_SETTINGS'] ?? '/etc/cassandra/cql.json'

/** The settings, with an address for a host. @throws where the file cannot be read, or no address of this machine has that name */
export function readSettings(): Settings {
  const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as Settings
  if (isIP(settings.host)) return settings
  // By itself this machine's name may stand for loopback, where no node listens.
  const called = [settings.host, ...(settings.family === undefined ? [] : [String(settings.family)])]
  return {
    ...settings,
    name: settings.host,
    host: execFileSync('/usr/local/lib/provision/own-address', called, { encoding: 'utf8' }).trim(),
  }
}

/** Logins that may be what the ring still knows: that of this node, those it had before, the latest first, then that of a new ring. */
export function formerLogins(settings: Settings): readonly Login[] {
  let lines: string[] = []
  try {
    lines = readFileSync(`${settingsFile}.before`, 'utf8').split('\n').filter(Boolean)
  } catch {
    // It was never changed.
  }
  return [settings, ...lines.reverse().map(line => JSON.parse(line) as Login), { user: 'cassandra', password: 'cassandra' }]
}

/** Where the node is found: one of a ring whose first login is not taken away yet lets clients in from its own machine only. */
export async function listensAt({ host, port }: Settings): Promise<string> {
  if (!existsSync(process.env['CQL_UNCLAIMED'] ?? '/var/lib/cassandra/unclaimed')) return host
  const socket = connect({ host, port })
  const refused = await new Promise<boolean>(done =>
    socket.on('connect', () => done(false)).on('error', ({ code }: NodeJS.ErrnoException) => done(code === 'ECONNREFUSED')),
  )
  socket.destroy()
  return refused ? '127.0.0.1' : host
}
