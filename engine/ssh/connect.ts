import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { Client, ClientChannel } from 'ssh2'
import type { Failed } from '../errors.ts'
import type { SshSettings } from '../inventory/types.ts'
import { ClosedEarly, tryAgain } from './again.ts'
import type { SshHop, SshTarget } from './config.ts'
import { ConnectionLost, Unreachable } from './errors.ts'
import { changedKeyError, revokedKeyError, unknownKeyError } from './host-key-errors.ts'
import { loginMethods } from './keys.ts'
import { appendKnownHost, forgetKnownHost, readKnownHosts } from './known-hosts-file.ts'
import { fingerprint, hostKeyOrder, keyType, unsupportedAuthorities, verify, type KnownHost } from './known-hosts.ts'

export interface ConnectOptions {
  readonly settings: SshSettings
  /** Remember keys of hosts that are not known yet, instead of refusing them. A changed key is always refused. */
  readonly acceptNewKeys: boolean
  /**
   * The fingerprint (`SHA256:…`) of the host's own key, as a person has read it on the Pi: that key is taken and remembered, in place of
   * the keys its former card was known by. Any other is judged as always.
   */
  readonly expected?: string
  /** Told of each key that was accepted; `remembered`: where it is kept, undefined for this run only. */
  accepted?(host: string, fingerprint: string, remembered: string | undefined): void
}

/** An open, verified connection to a host, through all its jumps. */
export class Connection {
  readonly user: string
  /** Why the link is gone, once it is. */
  lost: ConnectionLost | undefined
  readonly #hops: readonly NodeSSH[]
  readonly #socket: Socket
  readonly #client: Client
  readonly #onLost: (() => void)[] = []
  #closing = false

  constructor(user: string, hops: readonly NodeSSH[], socket: Socket, client: Client) {
    this.user = user
    this.#hops = hops
    this.#socket = socket
    this.#client = client
    for (const hop of hops) {
      const jump = hop.connection
      // node-ssh leaves no listener behind: without one, a reset connection would end this process.
      jump?.on('error', error => this.#gone(`the connection broke: ${error.message}`))
      jump?.on('close', () => this.#gone('the connection was closed by the other side'))
    }
  }

  /** Breaks the link on purpose: the Pi ends the step it is at, and no other. */
  drop(message: string): void {
    this.#gone(message)
  }

  #gone(message: string): void {
    if (this.#closing || this.lost) return
    this.lost = new ConnectionLost(message)
    for (const hop of this.#hops) hop.connection?.destroy()
    for (const tell of this.#onLost) tell()
  }

  /** Told once the link is gone, and not because it was closed here. */
  onLost(tell: () => void): void {
    if (this.lost) tell()
    else this.#onLost.push(tell)
  }

  /** A way to a port as the host itself reaches it. Throws where nobody listens there, or the host lets nobody through. */
  forward(address: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (this.lost) return reject(this.lost)
      this.#client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error) reject(error)
        else resolve(channel)
      })
    })
  }

  /** Starts a command and gives its channel. Throws `ConnectionLost`. */
  exec(command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      if (this.lost) return reject(this.lost)
      const drop = () => reject(this.lost ?? new ConnectionLost('the connection was closed'))
      this.#client.once('close', drop)
      this.#client.exec(command, (error, channel) => {
        this.#client.off('close', drop)
        if (error) reject(this.lost ?? new ConnectionLost(error.message))
        else resolve(channel)
      })
    })
  }

  /** Closes the host's connection and those of its jumps. Waits for the last bytes to leave, half a second at most, and for no goodbye. */
  async close(): Promise<void> {
    this.#closing = true
    const closing = [...this.#hops].reverse().flatMap(hop => hop.connection ?? [])
    for (const client of closing) client.end()
    if (!this.lost && !this.#socket.writableFinished && !this.#socket.destroyed)
      await once(this.#socket, 'finish', { signal: AbortSignal.timeout(500) }).catch(() => {})
    this.#socket.destroy()
  }
}

/**
 * Connects to a host, hop by hop, each verified under its own name.
 * Throws `Unreachable`, or `Failed` (`host-key`) for a key that is unknown, changed or revoked.
 */
export function connect(target: SshTarget, options: ConnectOptions): Promise<Connection> {
  return tryAgain(() => hopByHop(target, options))
}

async function hopByHop(target: SshTarget, options: ConnectOptions): Promise<Connection> {
  const hops: NodeSSH[] = []
  try {
    const way = [...target.via, target]
    let socket: Socket | undefined
    let through: Duplex | undefined
    for (const [index, hop] of way.entries()) {
      const { expected, ...rest } = options
      // It is the key of the last one, and of none on the way there.
      const own = index === way.length - 1 && expected !== undefined ? options : rest
      const dial = (): Socket => (socket = dialled(hop))
      const ssh = await open(hop, () => through ?? dial(), own)
      hops.push(ssh)
      const next = way[index + 1]
      if (next)
        through = await ssh.forwardOut('127.0.0.1', 0, next.address, next.port).catch((error: Error) => {
          throw new Unreachable(
            `${hop.name} cannot reach ${next.name} (${next.address}:${next.port}): ${error.message}`,
            `try on ${hop.name}: nc -z ${next.address} ${next.port}`,
          )
        })
    }
    const client = hops.at(-1)?.connection
    if (!client || !socket) throw new ConnectionLost('the connection was closed at once')
    return new Connection(target.user, hops, socket, client)
  } catch (error) {
    for (const hop of hops) hop.dispose()
    throw error
  }
}

// Without Nagle: ssh2 writes a packet in pieces, and each step of the handshake would wait for the host's delayed acknowledgement.
function dialled({ address, port }: SshHop): Socket {
  return connectSocket({ host: address, port, noDelay: true })
}

async function open(hop: SshHop, way: () => Duplex, options: ConnectOptions): Promise<NodeSSH> {
  const { settings, accepted } = options
  const [entries, methods] = await Promise.all([readKnownHosts([...hop.knownHosts, ...hop.globalKnownHosts]), loginMethods(hop)])
  const { host, port } = hop.knownAs
  let refused: Failed | undefined
  let newKey: Buffer | undefined
  const ssh = new NodeSSH()
  try {
    await ssh.connect({
      host: hop.address,
      port: hop.port,
      username: hop.user,
      sock: way() as never,
      readyTimeout: settings.connectTimeout * 1000,
      keepaliveInterval: settings.keepalive * 1000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: [...hostKeyOrder(entries, host, port)], compress: ['none'] },
      authHandler: methods as never,
      // ssh2 takes any key where there is no verifier.
      hostVerifier: (key: Buffer) => {
        const verdict = judge(entries, hop, key, options)
        if (verdict === 'new') newKey = key
        else if (verdict !== 'known') refused = verdict
        return refused === undefined
      },
    })
  } catch (error) {
    ssh.dispose()
    if (refused) throw refused
    throw closedEarly(error)
      ? new ClosedEarly('closed before the handshake', { cause: explain(hop, error, settings) })
      : explain(hop, error, settings)
  }
  if (newKey) {
    const [file] = hop.knownHosts
    if (options.expected !== undefined) await forgetKnownHost(hop.knownHosts, host, port)
    const kept = file !== undefined && (await appendKnownHost(file, host, port, newKey))
    accepted?.(hop.name, `${keyType(newKey)} ${fingerprint(newKey)}`, kept ? file : undefined)
  }
  return ssh
}

function judge(
  entries: readonly KnownHost[],
  hop: SshHop,
  key: Buffer,
  { acceptNewKeys, expected }: Pick<ConnectOptions, 'acceptNewKeys' | 'expected'>,
): 'known' | 'new' | Failed {
  const { host, port } = hop.knownAs
  const verdict = verify(entries, host, port, key)
  if (verdict.is !== 'known' && verdict.is !== 'revoked' && expected === fingerprint(key)) return 'new'
  switch (verdict.is) {
    case 'known':
      return 'known'
    case 'changed':
      return changedKeyError(host, port, key, verdict.entry)
    case 'revoked':
      return revokedKeyError(host, port, key, verdict.entry)
    case 'unknown':
      return acceptNewKeys ? 'new' : unknownKeyError(host, port, key, unsupportedAuthorities(entries, host, port)[0])
  }
}

function closedEarly(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/lost before handshake|before handshake/i.test(error.message) || ('code' in error && error.code === 'ECONNRESET'))
  )
}

function explain(hop: SshHop, error: unknown, settings: SshSettings): Error {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const where = `${hop.address}:${hop.port}`
  if (/authentication methods failed/i.test(message))
    return new Unreachable(
      `${hop.user}@${where} takes none of our keys (${hop.identities.join(', ') || 'agent'})`,
      `bring one there: ssh-copy-id -p ${hop.port} ${hop.user}@${hop.address}`,
      'login-refused',
    )
  if (/Timed out/i.test(message) || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return new Unreachable(
      `no answer from ${where} within ${settings.connectTimeout} s`,
      'is it on, and is its address right? try: ping ' + hop.address,
    )
  if (code === 'ECONNREFUSED')
    return new Unreachable(`${where} refuses connections`, 'is SSH switched on there? On Pi OS: `sudo systemctl enable --now ssh`')
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Unreachable(`the name ${hop.address} is not known`, 'write the address of the Pi in the inventory')
  return new Unreachable(`cannot connect to ${where}: ${message}`, `try: ssh -v -p ${hop.port} ${hop.user}@${hop.address}`)
}
