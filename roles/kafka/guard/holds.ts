import type { Connection } from '../admin/protocol/connection.ts'
import { refuse } from '../admin/protocol/errors.ts'
import { alterQuotas, createAcls, deleteAcls, describeAcls, describeQuotas } from '../admin/protocol/requests.ts'
import { operations, resources } from '../admin/words.ts'
import { strictest, type Level } from './level.ts'

/** Bytes a second that each producer may send to each broker while there is little room. */
export const slowRate = 65_536

const rateKey = 'producer_byte_rate'

/**
 * What a broker asks for is a quota of an account that nobody has: the cluster keeps it over restarts, whoever is silent. Its rate is 1 where it
 * takes nothing.
 */
const holder = (id: number) => `fleet.guard.${id}`
const holderPattern = /^fleet\.guard\.(\d+)$/

const any = 1
const literal = 3
const deny = 2
/**
 * What keeps all producers from writing, and keeps nobody from reading. A quota alone does not: it counts what was taken already, and a
 * client that connects anew is served once more each time. Brokers are above all rules.
 */
const denial = (topic: string) => ({
  resource: resources.topic,
  name: topic,
  pattern: literal,
  principal: 'User:*',
  host: '*',
  operation: operations.write,
  permission: deny,
})

/** How things stand in the cluster. */
export interface HoldsSeen {
  /** What brokers ask for, by their number. */
  readonly holds: ReadonlyMap<number, Level>
  /** Bytes a second for accounts without a quota of their own; absent: no limit. */
  readonly rate?: number
  readonly denied: boolean
}

/** Reads it. */
export async function holdsOf(connection: Connection, topic: string): Promise<HoldsSeen> {
  const quotas = await connection.ask(describeQuotas, { components: [{ type: 'user', match: 2, name: null }], strict: true })
  refuse('quotas', quotas.error, quotas.message)
  const holds = new Map<number, Level>()
  for (const { entity, values } of quotas.entries ?? []) {
    const id = holderPattern.exec(entity[0]?.name ?? '')?.[1]
    const value = values.find(({ key }) => key === rateKey)?.value
    if (id !== undefined && value !== undefined) holds.set(Number(id), value <= 1 ? 2 : 1)
  }
  const rules = await connection.ask(describeAcls, denial(topic))
  refuse('rules', rules.error, rules.message)
  const rate = await defaultRate(connection)
  return { holds, ...(rate !== undefined && { rate }), denied: rules.resources.some(({ rules: of }) => of.length > 0) }
}

async function defaultRate(connection: Connection): Promise<number | undefined> {
  const answer = await connection.ask(describeQuotas, { components: [{ type: 'user', match: any, name: null }], strict: true })
  refuse('quotas', answer.error, answer.message)
  return (answer.entries ?? []).flatMap(({ values }) => values).find(({ key }) => key === rateKey)?.value
}

async function setRate(connection: Connection, name: string | null, rate: number | undefined): Promise<void> {
  const op = { key: rateKey, value: rate ?? 0, remove: rate === undefined }
  const { entries } = await connection.ask(alterQuotas, { entries: [{ entity: [{ type: 'user', name }], ops: [op] }], validateOnly: false })
  for (const { error, message } of entries) refuse('quotas', error, message)
}

/** Notes in the cluster what a broker asks for. Nothing: it asks for nothing any more. */
export async function setHold(connection: Connection, id: number, level: Level): Promise<void> {
  await setRate(connection, holder(id), level === 0 ? undefined : level === 1 ? slowRate : 1)
}

/** Makes what is in force what the brokers ask for. @returns whether anything was changed */
export async function enforce(connection: Connection, topic: string, { holds, rate, denied }: HoldsSeen): Promise<boolean> {
  const level = strictest(holds)
  const wantedRate = level === 0 ? undefined : slowRate
  // Another rate is somebody's own, and stays.
  const changesRate = rate !== wantedRate && (rate === undefined || rate === slowRate)
  if (changesRate) await setRate(connection, null, wantedRate)
  if (denied === (level === 2)) return changesRate
  if (denied) {
    const { results } = await connection.ask(deleteAcls, { filters: [denial(topic)] })
    for (const { error, message } of results) refuse('rules', error, message)
  } else {
    const { results } = await connection.ask(createAcls, { rules: [denial(topic)] })
    for (const { error, message } of results) refuse('rules', error, message)
  }
  return true
}
