import type { Fleet, Host } from '../inventory/types.ts'
import { resolveValue } from '../secrets/value-source.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { resolveSsh } from '../ssh/config.ts'
import { SudoRefused } from '../ssh/errors.ts'
import { Session } from '../ssh/session.ts'
import { AskedPasswords } from './asked-passwords.ts'

export interface OpenOptions {
  readonly acceptNewKeys: boolean
  readonly secrets: Secrets
  /**
   * Asks a person for the sudo password of a host; undefined: nobody answered. `like` names the host whose password an empty answer stands
   * for, where one was given before.
   */
  askPassword?(host: Host, like?: Host): Promise<string | undefined>
  /** The fingerprint of a host's key that a person has read on the Pi; see `ConnectOptions`. */
  expected?(host: Host): string | undefined
  /** See `ConnectOptions`. */
  accepted?(host: string, fingerprint: string, remembered: string | undefined): void
}

/** A login shell, PAM and sudo may take this many times as long as a connection; and never less than so many seconds. */
const patience = { times: 3, seconds: 15 }

/**
 * Opens sessions to the hosts of a fleet. A password a person gave goes to the host it was given for, and to others as they say of each.
 */
export function opener(fleet: Fleet, options: OpenOptions): (host: Host) => Promise<Session> {
  const { acceptNewKeys, secrets, accepted } = options
  const passwords = new AskedPasswords(options.askPassword, password => secrets.redactor.add(password))
  return async host => {
    const known = host.sudoPassword ? await resolveValue(host.sudoPassword, secrets) : passwords.of(host)
    // The client is a quarter of what a run loads: that is done while ssh is asked for its configuration.
    const [target, { connect }] = await Promise.all([resolveSsh(host, fleet), import('../ssh/connect.ts')])
    const expected = options.expected?.(host)
    const connection = await connect(target, {
      settings: fleet.ssh,
      acceptNewKeys,
      ...(expected !== undefined && { expected }),
      ...(accepted && { accepted }),
    })
    try {
      return await Session.open(connection, {
        ...(known !== undefined && { known }),
        ask: () => passwords.ask(host),
        within: Math.max(patience.seconds, patience.times * fleet.ssh.connectTimeout),
      })
    } catch (error) {
      if (error instanceof SudoRefused) passwords.forget(host)
      await connection.close()
      throw error
    }
  }
}
