import * as z from 'zod'
import { Failed } from '../engine/errors.ts'
import type { Session } from '../engine/ssh/session.ts'

const configSchema = z.object({ location: z.string(), backends: z.array(z.looseObject({ type: z.string() })) })

/** What the agent of a producer says of itself. */
export interface Agent {
  readonly location: string
  readonly backends: readonly string[]
  /** Words in the settings of each backend, among which are the addresses it begins with. */
  readonly words: Readonly<Record<string, readonly string[]>>
}

/** Reads the config of the agent that was deployed. @throws {Failed} where there is none */
export async function agentOf(session: Session): Promise<Agent> {
  const { code, stdout } = await session.run('cat /etc/collector/config.json </dev/null', { timeout: 30 })
  if (code !== 0)
    throw new Failed({ message: 'no collector was deployed there', hint: 'provision gives it one, where its roles have collector' })
  return readAgent(stdout)
}

/** @throws {Failed} where the text is no such config */
export function readAgent(text: string): Agent {
  try {
    const { location, backends } = configSchema.parse(JSON.parse(text))
    const wordsOf = (settings: object) => JSON.stringify(settings).split(/["/@,[\]]+/)
    return {
      location,
      backends: backends.map(({ type }) => type),
      words: Object.fromEntries(backends.map(each => [each.type, wordsOf(each)])),
    }
  } catch {
    throw new Failed({ message: 'its /etc/collector/config.json cannot be read', hint: 'provision writes it anew' })
  }
}

/**
 * Which of the agent's backends a trial uses. With a broker of one's own in the place of AWS IoT that is `mqtt`, where the agent has no
 * certificate of AWS: the same messages, the same acknowledgements. Undefined where the agent sends to no such store.
 */
export function usedBy({ backends }: Agent, backend: string, broker: string | undefined): string | undefined {
  if (backends.includes(backend)) return backend
  return backend === 'awsiot' && broker !== undefined && backends.includes('mqtt') ? 'mqtt' : undefined
}

/** Whether a backend of the agent begins with this address, whatever the port. */
export const beginsWith = ({ words }: Agent, type: string, address: string): boolean =>
  (words[type] ?? []).some(word => word === address || word.startsWith(`${address}:`))

/** These speak MQTT: to them a connection has a name, and there can be one of each. */
export const isMqtt = (type: string): boolean => type === 'awsiot' || type === 'mqtt'

/**
 * Where readings of a trial belong. MariaDB takes those of a producer's own name only; into Cassandra, whose dates are whole milliseconds,
 * they go under a name of their own, or they would write over each other and over the agent's.
 */
export const locationOf = (type: string, location: string, run: string): string =>
  type === 'cassandra' ? `${location}.bench-${run}`.slice(-64) : location
