import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Failed } from '../../../../../../engine/errors.ts'
import { isOver, sealed, unsealed } from '../../../../../../engine/operation/index.ts'
import { operation, type Journal } from '../../../../../../roles/cassandra/rebalance/operation.ts'
import { abort, Controller, fleetOf, Killed, provision, rebalance, resume, seal, seedsIn } from './controller.ts'
import { randomOf, Ring, type Pi } from './ring.ts'

/** States in which nodes once lost data, or locked their owner out, each told as it was. */
async function world(nodes = 2, factor = 1) {
  const fleet = fleetOf(nodes)
  const all = fleet.hosts.map(({ name }) => name)
  const ring = new Ring(all, factor, randomOf(1), seedsIn(fleet), name => fleet.hosts.find(host => host.name === name)?.address ?? '')
  const controller = new Controller(ring, fleet)
  expect(await controller.run(port => provision(controller, port, all), [])).toBeUndefined()
  wait(controller, 60)
  return { controller, ring, all, n1: ring.pi('n1'), n2: ring.pi('n2') }
}
type World = Awaited<ReturnType<typeof world>>

const wait = (controller: Controller, ticks: number) => {
  for (let each = 0; each < ticks; each++) controller.tick()
}
const journalOf = (pi: Pi): Journal => unsealed(pi.card.journal ?? '', seal, operation) as Journal
const move = { only: ['n1'], remove: [] }

/** Lets n1, the first and only seed, move, and kills the controller when that comes to a state. */
async function killedAt(state: string, { controller, all }: World): Promise<void> {
  controller.killAt = state
  expect(
    await controller.run(
      port => rebalance(controller, port, { ...move, weights: all.length === 2 ? { n1: 1, n2: 2 } : { n1: 2, n2: 1, n3: 1 } }),
      [],
    ),
  ).toBeInstanceOf(Killed)
}

type Told = Error & { readonly failure?: Failed['failure'] }
const run = async (controller: Controller, command: typeof resume): Promise<Told | undefined> =>
  controller.run(port => command(controller, port), [])

/** The ring is whole, and every row is where somebody would look for it. */
function expectWhole({ ring, all }: World): void {
  for (const { server } of ring.pis) expect(server?.mode).toBe('NORMAL')
  for (const pi of ring.pis) expect(pi.server?.view.size).toBe(all.length)
  expect(ring.rows.length).toBeGreaterThan(20)
  for (const pi of ring.pis) expect(ring.lost(pi)).toEqual([])
}

describe('a journal of before operations had a room of their own', () => {
  it('is resumed as it stands on the Pis', async () => {
    const now = await world()
    const { controller, ring } = now
    await killedAt('place', now)
    // The same world, the same steps: by the code of then.
    const stored = readFileSync(join(import.meta.dirname, 'stored-journal.txt'), 'utf8')
    const begun = (text: string) => {
      const { number, hosts, ids, steps, at } = unsealed(text, seal, operation) as Journal
      return { number, hosts, ids, steps, at }
    }
    expect(begun(stored)).toEqual(begun(ring.pi('n2').card.journal ?? ''))
    for (const pi of ring.pis) pi.card.journal = stored
    controller.forgetOwn()
    expect(await run(controller, resume)).toBeUndefined()
    expectWhole(now)
    for (const { card } of ring.pis) {
      expect(card.journal).toBeUndefined()
      expect(isOver(unsealed(card.last ?? '', seal, operation) as Journal)).toBe(true)
    }
  })
})

describe('a node that serves', () => {
  it.each(['start', 'join'])('keeps its data when a run is given up at %s and it does not answer for a moment', async state => {
    const now = await world()
    const { controller, n1, ring } = now
    await killedAt(state, now)
    ring.start(n1)
    wait(controller, 40)
    expect(n1.server?.mode).toBe('NORMAL')
    // Its JVM has no memory to spare just now; or it has just begun anew.
    n1.deaf = 1000
    expect((await run(controller, abort))?.message).toMatch(/n1 is joining the ring|cannot be asked/)
    n1.deaf = 0
    ring.stop(n1)
    expect((await run(controller, abort))?.message).toBeUndefined()
    expect(n1.card.store?.stage).toBe('normal')
    expect(n1.card.aside).toHaveLength(1)
    controller.heal()
    expect(await controller.run(port => provision(controller, port, ['n1']), [])).toBeUndefined()
    expectWhole(now)
  })

  it.each(['confirm', 'stop', 'aside'])('keeps its data where a journal stands at %s, and it is NORMAL', async state => {
    const now = await world()
    const { controller, n1 } = now
    await killedAt('decommission', now)
    expect(await run(controller, abort)).toBeUndefined()
    const left = { ...(unsealed(n1.card.last ?? '', seal, operation) as Journal), number: 2, id: '5d0e7c60-0b1c-4f58-8f0e-7a3c2a3a0001' }
    n1.card.journal = sealed({ ...left, at: left.steps.findIndex(step => step.state === state) }, seal)
    expect((await run(controller, resume))?.message).toMatch(/n1 has left, and that is not proven|n1 is a node|not taken away/)
    expect(await run(controller, abort)).toBeUndefined()
    expect(n1.card.store?.stage).toBe('normal')
    expect(n1.card.aside).toEqual([])
    expectWhole(now)
  })

  it('keeps what it took when it joined by itself, then all servers went down, and it came up first', async () => {
    const now = await world()
    const { controller, ring, n1, n2 } = now
    await killedAt('join', now)
    wait(controller, 30)
    expect(n1.server?.mode).toBe('NORMAL')
    const before = n1.card.store?.rows.size ?? 0
    wait(controller, 300)
    expect(n1.card.store?.rows.size).toBeGreaterThan(before)
    ring.stop(n1)
    ring.stop(n2)
    ring.start(n1)
    wait(controller, 20)
    // It finds nobody, and ends again and again.
    expect(n1.restarts).toBeGreaterThan(0)
    const error = await run(controller, resume)
    expect(error?.message).toBeUndefined()
    expectWhole(now)
  })
})

describe('a power cut', () => {
  it('between the data and the tokens of a node lets nothing start that is empty', async () => {
    for (const state of ['stop', 'aside', 'place', 'start']) {
      const now = await world()
      const { controller, ring, n1 } = now
      await killedAt(state, now)
      ring.powerOff(n1)
      ring.powerOn(n1)
      wait(controller, 40)
      if (state !== 'stop') expect(n1.server).toBeUndefined()
      expect(await run(controller, resume)).toBeUndefined()
      expectWhole(now)
    }
  })

  it('of a node that has tokens, no data and only itself as its seed does not give it an empty place', async () => {
    const now = await world()
    const { controller, n1 } = now
    // Somebody has thrown its data away by hand.
    now.ring.stop(n1)
    n1.card.store = undefined
    expect(await controller.run(port => provision(controller, port, ['n1']), [])).toBeUndefined()
    expect(n1.card.store).toMatchObject({ received: true })
  })
})

describe('a node that is left alone', () => {
  it('when a run is given up can start again, and asks the others once they are back', async () => {
    const now = await world()
    const { controller, ring, n1, n2 } = now
    await killedAt('aside', now)
    expect(await run(controller, abort)).toBeUndefined()
    ring.crash(n2)
    wait(controller, 20)
    expect(n2.server?.mode).toBe('NORMAL')
    expect(n2.card.alone).toBe(true)
    expect(await controller.run(port => provision(controller, port, ['n2', 'n1']), [])).toBeUndefined()
    expect([n1.card.override, n2.card.override, n2.card.alone]).toEqual([undefined, undefined, false])
    wait(controller, 20)
    expectWhole(now)
  })
})

describe('witnesses', () => {
  it('of another ring do not count', async () => {
    const now = await world(3)
    const { controller, ring, n2 } = now
    await killedAt('aside', now)
    // n2 is told that it is a ring of its own, and has never heard of anybody.
    ring.stop(n2)
    n2.card.store = undefined
    n2.card.override = [n2.address]
    n2.wired = false
    ring.start(n2)
    wait(controller, 10)
    expect(n2.server?.view.size).toBe(1)
    const error = await run(controller, resume)
    expect(error?.message).toContain('the data of n1 is not taken away')
    expect(error?.failure?.output?.join()).toMatch(/n2 is not the node it was/)
    expect(now.n1.card.store).toBeDefined()
  })

  it('that are silent agree to nothing', async () => {
    for (const silence of ['linked', 'deaf', 'power'] as const) {
      const now = await world(3)
      const { controller, ring, n2 } = now
      await killedAt('aside', now)
      if (silence === 'linked') n2.linked = false
      else if (silence === 'deaf') n2.deaf = 100_000
      else ring.powerOff(n2)
      expect((await run(controller, resume))?.message).toMatch(/not taken away|cannot be reached/)
      expect((await run(controller, abort))?.message).toBeDefined()
      expect(now.n1.card.store).toBeDefined()
      controller.heal()
      wait(controller, 40)
      expect(await run(controller, resume)).toBeUndefined()
      expectWhole(now)
    }
  })
})

describe('a journal', () => {
  it('that a host kept while it was away is not carried out, and is taken away once the host answers', async () => {
    const now = await world(3)
    const { controller, ring, n1 } = now
    const n3 = ring.pi('n3')
    await killedAt('aside', now)
    const stale = n3.card.journal
    // From another machine, and n3 does not hear the end of it.
    n3.linked = true
    expect(await run(controller, resume)).toBeUndefined()
    n3.card.journal = stale
    n3.card.last = undefined
    controller.forgetOwn()
    expect(await run(controller, resume)).toBeUndefined()
    expect(n3.card.journal).toBeUndefined()
    expect(n1.card.store?.stage).toBe('normal')
    expectWhole(now)
  })

  it('that could not be taken away everywhere is an error, and the next --resume mends it', async () => {
    const now = await world(3)
    const { controller, ring } = now
    const n3 = ring.pi('n3')
    await killedAt('forget', now)
    n3.linked = false
    const error = await run(controller, abort)
    expect(error?.message).toContain('1 of 3 hosts did not hear that this rebalance is over')
    expect(error?.failure?.output?.join()).toContain('n3')
    n3.linked = true
    expect(await run(controller, resume)).toBeUndefined()
    expect(ring.pis.map(({ card }) => card.journal)).toEqual([undefined, undefined, undefined])
    expect(isOver(unsealed(n3.card.last ?? '', seal, operation) as Journal)).toBe(true)
    expect((await run(controller, resume))?.message).toBe('no rebalance of this ring was cut off')
  })

  it('of another fleet is not carried out', async () => {
    const now = await world()
    const { controller, n1 } = now
    await killedAt('aside', now)
    const foreign = { ...journalOf(n1), fleet: 'otherfleet' }
    for (const { card } of now.ring.pis) card.journal = sealed(foreign, { fleet: 'otherfleet', key: 'its own secret' })
    controller.forgetOwn()
    for (const command of [resume, abort])
      expect((await run(controller, command))?.message).toMatch(/journal of a rebalance on n\d is not to be believed/)
    expect((await controller.run(port => rebalance(controller, port, { ...move, weights: { n1: 1, n2: 2 } }), []))?.message).toMatch(
      /not to be believed/,
    )
    expect(n1.card.store).toBeDefined()
  })
})
