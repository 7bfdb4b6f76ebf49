import { describe, expect, it } from 'vitest'
import {
  entersRing,
  givePlace,
  unseenBy,
  type NodeAction,
  type NodeState,
  type RingHosts,
} from '../../../../../roles/cassandra/node/index.ts'
import type { NodeSeen } from '../../../../../roles/cassandra/ring/index.ts'

const address = (name: string) => `10.0.0.${name.charCodeAt(0) - 96}`
const line = (name: string, change: Partial<NodeSeen> = {}): NodeSeen => ({
  up: true,
  state: 'normal',
  address: address(name),
  load: 1,
  tokens: 8,
  owns: 0.5,
  id: `id-of-${name}`,
  ...change,
})
const normal = (name: string): NodeState => ({
  service: 'active',
  restarts: 0,
  mode: 'NORMAL',
  streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
  addresses: [address(name)],
  remains: true,
  tokens: ['1'],
  alone: false,
  leaving: 'none',
  cleaning: 'none',
})

interface Pi {
  readonly state?: Partial<NodeState> | Error
  readonly sees?: readonly NodeSeen[] | Error
}

/** Nodes n, a and b, which see each other where nothing else is said. */
function pis(change: Readonly<Record<string, Pi>> = {}): RingHosts & { readonly performed: NodeAction[] } {
  const performed: NodeAction[] = []
  const given = <T>(value: T | Error): T => {
    if (value instanceof Error) throw value
    return value
  }
  return {
    performed,
    state: async name => ({ ...normal(name), ...given(change[name]?.state ?? {}) }),
    sees: async name => given(change[name]?.sees ?? ['n', 'a', 'b'].map(each => line(each))),
    perform: async (_, action) => void performed.push(action),
  } as RingHosts & { readonly performed: NodeAction[] }
}
const said = async (change: Readonly<Record<string, Pi>>, excused: boolean) =>
  (await unseenBy('n', { others: ['a', 'b'], excused }, pis(change))).reasons

describe('a node is one for everybody', () => {
  it('where itself and all others see it up and normal', async () => {
    const { reasons, ring } = await unseenBy('n', { others: ['a', 'b'], excused: false }, pis())
    expect(reasons).toEqual([])
    expect(ring.map(({ id }) => id)).toEqual(['id-of-n', 'id-of-a', 'id-of-b'])
  })

  it.each<[string, Pi, string]>([
    ['down', { sees: [line('n', { up: false }), line('a')] }, 'a sees n DN'],
    ['joining', { sees: [line('n', { state: 'joining' }), line('a')] }, 'a sees n UJ'],
    ['not at all', { sees: [line('a')] }, 'a sees n not at all'],
    ['only as the node it was, at the same address', { sees: [line('n', { id: 'former' }), line('a')] }, 'a sees n not at all'],
  ])('not where another one sees it %s', async (_, pi, reason) => {
    for (const excused of [true, false]) expect(await said({ a: pi }, excused)).toEqual([reason])
  })

  it('without the word of one that does not run or cannot be had, only where that is excused', async () => {
    const off: Pi = { state: { service: 'inactive' } }
    const away: Pi = { state: new Error('a cannot be reached') }
    expect(await said({ a: off }, true)).toEqual([])
    expect(await said({ a: away }, true)).toEqual([])
    expect(await said({ a: off }, false)).toEqual(['a cannot be asked: its server does not run (inactive)'])
    expect(await said({ a: away }, false)).toEqual(['a cannot be asked: a cannot be reached'])
  })

  it('never without the word of one that runs, nor its own', async () => {
    expect(await said({ a: { sees: [] } }, true)).toEqual(['a cannot be asked: its server does not answer'])
    expect(await said({ a: { sees: new Error('the link broke') } }, true)).toEqual(['a cannot be asked: the link broke'])
    expect(await said({ n: { state: { service: 'inactive' } } }, true)).toEqual(['n cannot be asked: its server does not run (inactive)'])
    expect(await said({ n: { sees: [line('a')] } }, true)).toContain('n sees n not at all')
  })
})

describe('entering', () => {
  const wait = (hosts: RingHosts, also: () => Promise<string | undefined> = async () => undefined) => {
    let time = 0
    const clock = {
      now: () => time,
      pause: async (seconds: number) => {
        time += seconds * 1000
      },
    }
    const told: string[] = []
    const rest = { others: ['a', 'b'], excused: false, wakes: [], interval: 5, patience: 60, again: 'run it again' }
    return { told, ended: entersRing('n', { hosts, clock, ...rest, also, progress: text => void told.push(text) }) }
  }

  it('ends when all see the node, and nothing else speaks against it', async () => {
    let asked = 0
    const { told, ended } = wait(pis(), async () => (++asked < 3 ? 'nobody can log in' : undefined))
    await ended
    expect(told).toEqual(['nobody can log in', 'nobody can log in'])
  })

  it('that does not end says who does not see it, and what to do', async () => {
    const { ended } = wait(pis({ a: { sees: [line('a')] }, b: { state: { service: 'failed' } } }))
    await expect(ended).rejects.toMatchObject({
      message: 'n is a node, and not yet one for everybody',
      failure: {
        output: ['a sees n not at all', 'b cannot be asked: its server does not run (failed)'],
        hint: 'mend what stands there, then run it again',
      },
    })
  })

  it('lets nobody in at once where there are others: only a node that is its own seed does not join', async () => {
    const hosts = pis()
    await givePlace('n', { tokens: ['1'], seeds: ['10.0.0.1'] }, ['10.0.0.14'], hosts)
    await givePlace('n', { tokens: ['1'], seeds: ['10.0.0.14'] }, ['10.0.0.14'], hosts)
    await givePlace('n', { tokens: ['1'], seeds: ['FD00::0E'] }, ['fd00::e'], hosts)
    expect(hosts.performed.map(action => 'joins' in action && action.joins)).toEqual([true, false, false])
  })
})
