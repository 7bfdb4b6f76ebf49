import { Failed } from '../../../../../../engine/errors.ts'
import type { Fleet, Host } from '../../../../../../engine/inventory/types.ts'
import {
  carryOut,
  finish,
  isOver,
  ownOf,
  sealed,
  type Clock,
  type JournalCopies,
  type OwnJournal,
  type Seal,
} from '../../../../../../engine/operation/index.ts'
import { becomeMember, takePlace } from '../../../../../../roles/cassandra/joining.ts'
import { seedsOf } from '../../../../../../roles/cassandra/nodes.ts'
import type { NodeAction, RingHosts } from '../../../../../../roles/cassandra/node/index.ts'
import {
  atHand,
  begins,
  cutOff,
  giveUp,
  look,
  operation,
  standing,
  taking,
  type Journal,
  type Surveyed,
} from '../../../../../../roles/cassandra/rebalance/index.ts'
import type { Member, NodeSeen } from '../../../../../../roles/cassandra/ring/index.ts'
import { entries, type Pi, type Ring } from './ring.ts'

export const seal: Seal = { fleet: 'model', key: 'a secret of the model' }
const keyspace = 'temperature'

/** What happens to the world at a moment of a command, told by how many questions it has asked. */
export interface Cut {
  readonly at: number
  readonly what: 'kill' | 'kill after' | 'power' | 'link' | 'wire' | 'deaf' | 'crash' | 'down' | 'card'
  /** Which Pi, of as many as there are. */
  readonly pi: number
  /** Ticks until it is whole again; a controller that was killed stays so. */
  readonly ticks: number
}

/** The controller was killed: nothing it was about to do is done. */
export class Killed extends Error {}

/** The commands of a person at the controller, in a world in which things break. */
export class Controller {
  readonly ring: Ring
  readonly fleet: Fleet
  /** The state of a rebalance at whose beginning the controller is killed, next time it comes there. */
  killAt: string | undefined
  #own: string | undefined
  #time = 0
  #repairs: { readonly when: number; readonly run: () => void }[] = []

  constructor(ring: Ring, fleet: Fleet) {
    this.ring = ring
    this.fleet = fleet
  }

  /** Runs a command; `cuts` happen on its way. Resolves with its error, if it has one. */
  async run(command: (port: Port) => Promise<void>, cuts: readonly Cut[]): Promise<Error | undefined> {
    let kill: () => void = () => {}
    const killed = new Promise<never>((_, reject) => {
      kill = () => reject(new Killed('killed'))
    })
    killed.catch(() => {})
    const port = new Port(this, cuts, kill)
    try {
      await Promise.race([command(port), killed])
      return undefined
    } catch (error) {
      if (error instanceof Failed || error instanceof Killed) return error
      throw error
    } finally {
      port.dead = true
    }
  }

  tick(seconds = 1): void {
    this.#time += seconds * 1000
    this.ring.tick()
    const due = this.#repairs.filter(({ when }) => when <= this.#time)
    this.#repairs = this.#repairs.filter(repair => !due.includes(repair))
    for (const { run } of due) run()
  }

  /** Mends all that is broken, at once. */
  heal(): void {
    this.#repairs = []
    for (const pi of this.ring.pis) {
      pi.linked = pi.wired = true
      pi.deaf = 0
      this.ring.powerOn(pi)
      this.#up(pi)
    }
  }

  readonly #down = new Set<Pi>()

  /** A server that somebody stopped is started again; one that a rebalance has stopped since is that one's. */
  #up(pi: Pi): void {
    if (this.#down.delete(pi) && pi.power && pi.card.enabled) this.ring.start(pi)
  }

  now = (): number => this.#time

  break({ what, pi: which, ticks }: Cut): void {
    const pi = this.ring.pis[which % this.ring.pis.length] as Pi
    const later = (run: () => void) => this.#repairs.push({ when: this.#time + ticks * 1000, run })
    if (what === 'power') {
      this.ring.powerOff(pi)
      later(() => this.ring.powerOn(pi))
    } else if (what === 'link') {
      pi.linked = false
      later(() => {
        pi.linked = true
      })
    } else if (what === 'wire') {
      pi.wired = false
      later(() => {
        pi.wired = true
      })
    } else if (what === 'deaf') pi.deaf = ticks
    else if (what === 'crash') this.ring.crash(pi)
    else if (what === 'down' && pi.server) {
      this.ring.stop(pi)
      this.#down.add(pi)
      later(() => this.#up(pi))
    } else if (what === 'card' && pi.name !== this.ring.alone && this.ring.factor > 1 && this.#whole()) {
      // One card at a time, and not before what a repair would mend is mended: that nobody promised to survive.
      for (const each of this.ring.pis) this.ring.repair(each)
      this.ring.newCard(pi)
    }
  }

  #whole(): boolean {
    return this.ring.pis.every(({ power, wired, server }) => power && wired && server?.mode === 'NORMAL')
  }

  own: OwnJournal = {
    read: () => this.#own,
    write: async text => {
      this.#own = text
    },
    remove: () => {
      this.#own = undefined
    },
  }

  /** The last host starts a ring of its own, as it would with itself as its only seed. */
  startAlone(name: string): void {
    const pi = this.ring.pi(name)
    this.ring.alone = name
    pi.card.tokens = [123n, -456_789_012_345_678n]
    pi.card.enabled = true
    this.ring.start(pi)
  }

  /** A journal that this fleet did not write appears on a Pi: of another fleet, or of this one with another secret. */
  plant(name: string, at: number): void {
    const pi = this.ring.pi(name)
    if (!pi.power) return
    const hosts = this.fleet.hosts.map(host => host.name)
    const ids = Object.fromEntries(hosts.map((host, index) => [host, `99999999-0000-4000-8000-${String(index).padStart(12, '0')}`]))
    const node = hosts[0] as string
    const steps = [
      ...(['decommission', 'confirm', 'stop', 'aside'] as const).map(state => ({ state, node })),
      { state: 'place' as const, node, tokens: ['5', '6'], seeds: [this.fleet.hosts[1]?.address ?? ''] },
      ...(['start', 'join', 'settle', 'forget'] as const).map(state => ({ state, node })),
    ]
    const other = at % 2 === 0 ? { fleet: 'otherfleet', key: 'its secret' } : { fleet: seal.fleet, key: 'a guess' }
    pi.card.journal = sealed(
      {
        number: 1000,
        id: '88888888-0000-4000-8000-000000000001',
        fleet: other.fleet,
        began: '2030-01-01T00:00:00.000Z',
        hosts,
        weights: {},
        keyspace,
        ids,
        steps,
        at: at % steps.length,
      },
      other,
    )
    this.#planted.push({ pi, text: pi.card.journal })
  }

  /** A person has looked at them. */
  removePlanted(): void {
    for (const { pi, text } of this.#planted) if (pi.card.journal === text) pi.card.journal = undefined
  }

  readonly #planted: { readonly pi: Pi; readonly text: string }[] = []

  /** Another machine takes over: it has the inventory and the secrets, and no journal. */
  forgetOwn(): void {
    this.#own = undefined
  }
}

/** The Pis as one command reaches them. */
export class Port implements Surveyed, JournalCopies {
  dead = false
  readonly #controller: Controller
  readonly #cuts: Cut[]
  readonly #killed: () => void
  #asked = 0
  readonly ring: RingHosts
  readonly clock: Clock

  constructor(controller: Controller, cuts: readonly Cut[], kill: () => void) {
    this.#controller = controller
    this.#cuts = [...cuts]
    this.#killed = kill
    this.clock = {
      now: controller.now,
      pause: async seconds => {
        if (!this.dead) controller.tick(Math.max(1, seconds))
      },
    }
    const seen = (pi: Pi) => nodesSeen(pi, controller.ring)
    this.ring = {
      state: host =>
        this.#ask(host, pi => ({
          service: pi.service,
          restarts: pi.restarts,
          mode: answers(pi) ? pi.server?.mode : undefined,
          streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
          addresses: [pi.address],
          remains: pi.card.store !== undefined,
          tokens: pi.card.tokens?.map(String),
          alone: pi.card.alone,
          leaving: pi.leaving,
          cleaning: pi.cleaning,
        })),
      sees: host => this.#ask(host, seen),
      member: host => this.#ask(host, pi => memberOf(pi, controller.ring)),
      joined: host =>
        this.#ask(host, pi => {
          const { store } = pi.card
          return answers(pi) && store?.stage === 'normal'
            ? { id: store.id, tokens: store.tokens.map(String), received: store.received ? [keyspace] : [] }
            : undefined
        }),
      perform: (host, action) => this.#ask(host, pi => perform(pi, action, controller.ring)),
      words: host => this.#ask(host, () => []),
    }
  }

  known = (): boolean => true
  holder = async (): Promise<undefined> => undefined
  keep = (host: string, journal: Parameters<JournalCopies['keep']>[1]): Promise<void> =>
    this.#ask(host, pi => {
      if (isOver(journal)) {
        pi.card.last = sealed(journal, seal)
        pi.card.journal = undefined
      } else pi.card.journal = sealed(journal, seal)
    })
  kept = (host: string): Promise<readonly string[]> =>
    this.#ask(host, pi => [pi.card.journal, pi.card.last].filter(text => text !== undefined))

  /** A question, or a change: time goes by, things break, and a Pi that cannot be reached says nothing. */
  async #ask<T>(host: string, of: (pi: Pi) => T): Promise<T> {
    if (this.dead) return new Promise(() => {})
    this.#asked++
    this.#controller.tick()
    const now = this.#cuts.filter(({ at }) => at === this.#asked)
    for (const cut of now) if (!cut.what.startsWith('kill')) this.#controller.break(cut)
    if (now.some(({ what }) => what === 'kill')) return this.#die()
    const pi = this.#controller.ring.pi(host)
    // The real thing calls again for minutes.
    for (let tries = 0; !reached(pi); tries++) {
      if (tries === 10) throw new Failed({ message: `${host} cannot be reached`, hint: 'bring it back' })
      this.#controller.tick(15)
      await Promise.resolve()
    }
    const answer = of(pi)
    if (now.some(({ what }) => what === 'kill after')) return this.#die()
    return answer
  }

  /** The controller is no more. */
  kill(): void {
    this.dead = true
    this.#killed()
  }

  #die<T>(): Promise<T> {
    this.kill()
    return new Promise(() => {})
  }
}

const reached = (pi: Pi) => pi.power && pi.linked
const answers = (pi: Pi) => pi.server !== undefined && pi.deaf === 0 && pi.server.mode !== 'STARTING'

function nodesSeen(pi: Pi, ring: Ring): NodeSeen[] {
  if (!answers(pi) || !pi.server) return []
  return entries(pi.server.view).map(({ address, id, tokens, state }) => ({
    up: ring.runs(address, id) !== undefined && (address === pi.address || pi.wired),
    state,
    address,
    id,
    tokens: tokens.length,
    load: 0,
    owns: undefined,
  }))
}

function memberOf(pi: Pi, ring: Ring): Member {
  const sees = nodesSeen(pi, ring)
  const login = answers(pi) && pi.server?.mode === 'NORMAL'
  return {
    service: pi.service,
    mode: answers(pi) ? pi.server?.mode : undefined,
    streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
    sees,
    id: sees.find(({ address }) => address === pi.address)?.id,
    address: pi.address,
    answers: login,
    tokens: new Map(login ? entries(pi.server?.view ?? new Map()).map(({ id, tokens }) => [id, tokens]) : []),
    schemas: login ? ['one'] : [],
    copies: new Map(
      login
        ? [
            ['system_auth', 5],
            [keyspace, ring.factor],
          ]
        : [],
    ),
    tasks: [],
    disk: { free: 1e12, size: 2e12 },
    remains: pi.card.store !== undefined,
    placed: pi.card.tokens !== undefined,
    aside: pi.card.aside.length,
    owed: pi.card.owed ? [keyspace] : [],
    repaired: undefined,
  }
}

/** What the shell text of each action does on a Pi. */
function perform(pi: Pi, action: NodeAction, ring: Ring): void {
  const { card } = pi
  const off = () => {
    if (pi.service === 'active') throw new Failed({ message: `${pi.name}: its server runs` })
  }
  const blank = () => {
    if (card.store) throw new Failed({ message: `${pi.name}: data remains` })
  }
  switch (action.do) {
    case 'leave':
      return ring.leave(pi)
    case 'stop':
      card.enabled = false
      return ring.stop(pi)
    case 'start':
      card.enabled = true
      return ring.start(pi)
    case 'place':
      off()
      blank()
      card.override = action.seeds
      card.alone = false
      card.replaces = action.replaces
      card.tokens = typeof action.tokens === 'number' ? [] : action.tokens.map(BigInt)
      return
    case 'unplace':
      off()
      blank()
      card.tokens = card.override = undefined
      return
    case 'options':
      return
    case 'owe repair':
      card.owed = true
      return
    case 'seeds':
      card.override = action.seeds
      card.alone = true
      return
    case 'settle':
      card.override = card.replaces = undefined
      card.alone = false
      return
    case 'clean up':
      return ring.cleanup(pi)
    case 'set aside':
      off()
      card.tokens = card.override = undefined
      if (card.store) card.aside.push(card.store)
      card.store = undefined
      return
    case 'forget':
      card.aside = []
      return
  }
}

export interface Wished {
  readonly weights: Readonly<Record<string, number>>
  readonly only?: readonly string[]
  readonly remove: readonly string[]
}

/** `rebalance`. */
export async function rebalance(controller: Controller, port: Port, wish: Wished): Promise<void> {
  const { fleet, own } = controller
  const outlook = await look(fleet, port, seal, ownOf(own, seal, operation), wish)
  if (outlook.unfinished) throw new Failed({ message: 'a rebalance was cut off', hint: 'rebalance cassandra --resume' })
  const refused = outlook.findings.find(({ refuses }) => refuses)
  if (refused) throw new Failed({ message: refused.what, hint: refused.remedy })
  if (outlook.plan.steps.length) await goOn(controller, port, begins(fleet, outlook, 'the model'))
}

async function goOn(controller: Controller, port: Port, journal: Journal): Promise<void> {
  await carryOut(journal, operation, {
    own: controller.own,
    seal,
    copies: port,
    clock: port.clock,
    take: taking({
      hosts: port.ring,
      clock: port.clock,
      interval: 5,
      async provision(name) {
        controller.ring.pi(name).card.journal = undefined
        await provision(controller, port, [name])
      },
    }),
    on(event) {
      if (event.event !== 'step' || event.state !== controller.killAt) return
      controller.killAt = undefined
      port.kill()
    },
  })
}

const names = (fleet: Fleet) => fleet.hosts.map(({ name }) => name)

/** `rebalance cassandra --resume`. */
export async function resume(controller: Controller, port: Port): Promise<void> {
  const { journal } = await cutOff(names(controller.fleet), () => true, port, seal, controller.own)
  if (journal) await goOn(controller, port, journal)
}

/** `rebalance cassandra --abort`. */
export async function abort(controller: Controller, port: Port): Promise<void> {
  const { journal } = await cutOff(names(controller.fleet), () => true, port, seal, controller.own)
  if (!journal) return
  await giveUp(journal, standing(journal, await atHand(journal, port.ring)), { hosts: port.ring, clock: port.clock })
  await finish(journal, { own: controller.own, seal, copies: port }, operation)
}

/** What `provision` does for the role, one host after the other. */
export async function provision(controller: Controller, port: Port, hosts: readonly string[]): Promise<void> {
  const { fleet, ring } = controller
  for (const name of hosts) {
    const host = fleet.hosts.find(each => each.name === name) as Host
    const [journal] = await port.kept(name)
    const { card } = ring.pi(name)
    if (journal !== undefined && card.journal === journal)
      throw new Failed({ message: 'a rebalance of this ring was cut off', hint: 'rebalance cassandra --resume' })
    const joining = {
      host,
      fleet,
      hosts: port.ring,
      clock: port.clock,
      vars: { replication: ring.factor, tokens: 'computed' as const, keyspace },
      addresses: [host.address],
      confirm: async () => true,
      say: () => {},
    }
    const state = await port.ring.state(name)
    if (state.tokens === undefined || (!state.remains && card.override === undefined)) await takePlace(joining)
    if (!card.enabled || state.service === 'inactive' || state.service === 'failed') await port.ring.perform(name, { do: 'start' })
    if (card.override !== undefined && !card.alone) await becomeMember(joining)
    if (card.owed && ring.pis.every(({ server }) => server?.mode === 'NORMAL')) {
      ring.repair(ring.pi(name))
      card.owed = false
    }
  }
}

/** The fleet of so many nodes, in the inventory's order. */
export function fleetOf(count: number): Fleet {
  const hosts = Array.from({ length: count }, (_, index) => ({
    name: `n${index + 1}`,
    address: `10.0.0.${index + 1}`,
    user: 'pi',
    roles: ['cassandra'],
    groups: [],
    vars: {},
  }))
  return { name: 'model', file: 'model.yaml', hosts, ssh: {} } as unknown as Fleet
}

export const seedsIn =
  (fleet: Fleet, alone?: string) =>
  (name: string): readonly string[] => {
    const host = fleet.hosts.find(each => each.name === name)
    return host ? (name === alone ? [host.address] : seedsOf(host, fleet)) : []
  }
