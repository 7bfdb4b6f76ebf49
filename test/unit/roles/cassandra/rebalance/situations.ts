import type { Situation } from '../../../../../roles/cassandra/rebalance/plan.ts'
import type { Member } from '../../../../../roles/cassandra/ring/index.ts'
import { layout, ownership } from '../../../../../roles/cassandra/tokens/index.ts'

const MiB = 2 ** 20

/** A ring that is whole and still, whose nodes own what `now` says and shall own what `weights` says. */
export function situation({
  now,
  weights,
  factor = 1,
  data = 300 * MiB,
  free = 4096 * MiB,
  seeds = {},
}: {
  readonly now: Readonly<Record<string, number>>
  readonly weights: Readonly<Record<string, number>>
  readonly factor?: number
  readonly data?: number
  readonly free?: number
  readonly seeds?: Readonly<Record<string, readonly string[]>>
}): Situation {
  const ring = layout(now, factor)
  const owns = ownership(ring, factor)
  const id = (name: string) => `00000000-0000-4000-8000-${name.padStart(12, '0')}`
  const sees = ring.map(({ name, tokens }) => ({
    up: true,
    state: 'normal' as const,
    address: `address-of-${name}`,
    load: (owns.get(name) ?? 0) * data,
    tokens: tokens.length,
    owns: owns.get(name),
    id: id(name),
  }))
  const member = (name: string): Member => ({
    service: 'active',
    mode: 'NORMAL',
    streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
    sees,
    id: id(name),
    address: `address-of-${name}`,
    answers: true,
    tokens: new Map(ring.map(node => [id(node.name), node.tokens])),
    schemas: ['one'],
    copies: new Map([
      ['system_auth', 5],
      ['system_distributed', 3],
      ['system_traces', 3],
      ['temperature', factor],
    ]),
    tasks: [],
    disk: { free, size: 2 * free },
    remains: true,
    placed: true,
    aside: 0,
    owed: [],
    repaired: undefined,
  })
  const blank: Member = {
    ...member('none'),
    service: 'inactive',
    mode: undefined,
    sees: [],
    id: undefined,
    address: undefined,
    answers: false,
    tokens: new Map(),
    schemas: [],
    copies: new Map(),
    remains: false,
    placed: false,
  }
  const names = [...new Set([...Object.keys(now), ...Object.keys(weights)])]
  return {
    ring,
    factor,
    weights,
    members: new Map(names.map(name => [name, name in now ? member(name) : blank])),
    addresses: new Map(names.map(name => [name, `address-of-${name}`])),
    seeds: new Map(names.map(name => [name, seeds[name] ?? [names[0] ?? '']])),
  }
}

/** The same with one member changed. */
export function but(from: Situation, name: string, change: Partial<Member>): Situation {
  return { ...from, members: new Map([...from.members].map(([each, member]) => [each, each === name ? { ...member, ...change } : member])) }
}
