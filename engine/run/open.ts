import type { Fleet, Host } from '../inventory/types.ts'
import { resolveValue } from '../secrets/value-source.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { resolveSsh } from '../ssh/config.ts'
import { connect } from '../ssh/connect.ts'
import { Session } from '../ssh/session.ts'

export interface OpenOptions {
  readonly acceptNewKeys: boolean
  readonly secrets: Secrets
  /** Asks a person for the sudo password of a host; undefined where nobody can be asked. */
  askPassword?(host: Host): Promise<string | undefined>
  accepted?(host: string, fingerprint: string): void
}

/** Opens sessions to the hosts of a fleet. A password a person gave is tried on the other hosts that want one, too. */
export function opener(fleet: Fleet, options: OpenOptions): (host: Host) => Promise<Session> {
  const { acceptNewKeys, secrets, accepted } = options
  let asked: Promise<string | undefined> | undefined
  return async host => {
    const known = host.sudoPassword && (await resolveValue(host.sudoPassword, secrets))
    const connection = await connect(await resolveSsh(host, fleet), { settings: fleet.ssh, acceptNewKeys, ...(accepted && { accepted }) })
    try {
      return await Session.open(connection, {
        ...(known !== undefined && { known }),
        ask: async () => {
          asked ??= options.askPassword?.(host) ?? Promise.resolve(undefined)
          const password = await asked
          if (password !== undefined) secrets.redactor.add(password)
          return password
        },
      })
    } catch (error) {
      await connection.close()
      throw error
    }
  }
}
