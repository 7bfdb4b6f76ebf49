import type { Work } from '../../../../../../roles/cassandra/node/index.ts'

/*
 * A ring of Cassandra nodes on Pis that lose their power, as far as it matters to who moves them: membership by gossip, seeds,
 * bootstrap and decommission with streaming, what a card remembers, and rows. Time goes by ticks.
 */

export interface Row {
  readonly id: number
  readonly token: bigint
}

/** What the data folders of a card hold. */
export interface Store {
  id: string
  tokens: readonly bigint[]
  stage: 'joining' | 'normal' | 'left'
  rows: Set<number>
  /** Nodes it will try to reach when it starts, by address. */
  peers: Map<string, Entry>
  received: boolean
}

/** A node as another one knows it. */
export interface Entry {
  readonly id: string
  readonly tokens: readonly bigint[]
  readonly state: 'normal' | 'joining' | 'leaving'
  /** When it was started; the later of two at one address counts. */
  readonly born: number
}

export interface Card {
  store: Store | undefined
  aside: Store[]
  tokens: readonly bigint[] | undefined
  /** Seeds of a first start or of a change. */
  override: readonly string[] | undefined
  replaces: string | undefined
  enabled: boolean
  journal: string | undefined
  last: string | undefined
  owed: boolean
  /** Its seeds of a change are itself, until it is not alone. */
  alone: boolean
}

interface Server {
  mode: 'STARTING' | 'JOINING' | 'NORMAL' | 'LEAVING' | 'DECOMMISSIONED'
  ticks: number
  view: Map<string, Entry>
  /** Addresses that have left, by the ID they had. */
  gone: Set<string>
}

export interface Pi {
  readonly name: string
  readonly address: string
  power: boolean
  /** The controller reaches it. */
  linked: boolean
  /** Other nodes reach it. */
  wired: boolean
  card: Card
  server: Server | undefined
  service: 'inactive' | 'active' | 'failed' | 'activating'
  wait: number
  restarts: number
  /** Ticks for which its server answers nobody's question. */
  deaf: number
  leaving: Work
  cleaning: Work
  cleaningTicks: number
}

const emptyCard = (): Card => ({
  store: undefined,
  aside: [],
  tokens: undefined,
  override: undefined,
  replaces: undefined,
  enabled: false,
  journal: undefined,
  last: undefined,
  owed: false,
  alone: false,
})

/** Numbers from 0 up to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class Ring {
  readonly pis: Pi[]
  readonly rows: Row[] = []
  readonly factor: number
  readonly random: () => number
  /** A node that started a ring of its own; this fleet's clients do not write there. */
  alone: string | undefined
  /** Hints of rows for a node that was down, by its ID. */
  readonly #hints = new Map<string, Set<number>>()
  readonly #seeds: (pi: Pi) => readonly string[]
  #born = 0
  #ids = 0

  constructor(
    names: readonly string[],
    factor: number,
    random: () => number,
    seeds: (name: string) => readonly string[],
    address: (name: string) => string,
  ) {
    this.factor = factor
    this.random = random
    this.#seeds = pi => seeds(pi.name)
    this.pis = names.map(name => ({
      name,
      address: address(name),
      power: true,
      linked: true,
      wired: true,
      card: emptyCard(),
      server: undefined,
      service: 'inactive',
      wait: 0,
      restarts: 0,
      deaf: 0,
      leaving: 'none',
      cleaning: 'none',
      cleaningTicks: 0,
    }))
  }

  pi(name: string): Pi {
    const found = this.pis.find(each => each.name === name)
    if (!found) throw new Error(`there is no ${name}`)
    return found
  }

  at = (address: string): Pi | undefined => this.pis.find(each => each.address === address)

  /** Does a server of this ID run there, where other nodes reach it? */
  runs(address: string, id?: string): Pi | undefined {
    const pi = this.at(address)
    return pi?.power &&
      pi.wired &&
      pi.server &&
      pi.server.mode !== 'STARTING' &&
      pi.server.mode !== 'DECOMMISSIONED' &&
      (id === undefined || pi.card.store?.id === id)
      ? pi
      : undefined
  }

  tick(): void {
    for (const pi of this.pis) this.#step(pi)
    this.#gossip()
    this.#deliverHints()
    if (this.random() < 0.4) this.write()
  }

  // ---- What systemd and the Pi do

  powerOff(pi: Pi): void {
    pi.power = false
    pi.server = undefined
    pi.service = 'inactive'
    pi.leaving = pi.cleaning = 'none'
    pi.restarts = 0
  }

  powerOn(pi: Pi): void {
    if (pi.power) return
    pi.power = true
    if (pi.card.enabled) this.start(pi)
  }

  newCard(pi: Pi): void {
    this.powerOff(pi)
    pi.card = emptyCard()
    pi.power = true
  }

  start(pi: Pi): void {
    pi.restarts = 0
    if (pi.server) return
    this.#launch(pi)
  }

  stop(pi: Pi): void {
    pi.server = undefined
    pi.service = 'inactive'
  }

  crash(pi: Pi): void {
    if (!pi.server) return
    pi.server = undefined
    pi.service = 'activating'
    pi.wait = 2
  }

  #launch(pi: Pi): void {
    if (pi.card.tokens === undefined || pi.card.store?.stage === 'left') return this.#die(pi)
    pi.service = 'active'
    pi.server = { mode: 'STARTING', ticks: 2, view: new Map(), gone: new Set() }
  }

  #die(pi: Pi): void {
    pi.server = undefined
    pi.service = 'activating'
    pi.wait = 2
  }

  #step(pi: Pi): void {
    if (!pi.power) return
    if (!pi.wired && (pi.server?.mode === 'JOINING' || pi.server?.mode === 'LEAVING')) this.#broken(pi, pi.server)
    if (pi.deaf > 0) pi.deaf--
    if (pi.service === 'activating' && pi.wait-- <= 0) {
      pi.restarts++
      this.#launch(pi)
    }
    if (pi.cleaning === 'running' && --pi.cleaningTicks <= 0) {
      pi.cleaning = pi.server?.mode === 'NORMAL' ? 'done' : 'failed'
      if (pi.cleaning === 'done') this.#cleaned(pi)
    }
    const { server } = pi
    if (!server || --server.ticks > 0) return
    if (server.mode === 'STARTING') this.#arrive(pi, server)
    else if (server.mode === 'JOINING') this.#joined(pi, server)
    else if (server.mode === 'LEAVING') this.#left(pi, server)
  }

  // ---- What Cassandra does

  /** Where it looks for the ring: servers that run at its seeds, or at addresses it remembers. */
  #contact(pi: Pi, seeds: readonly string[]): Pi | undefined {
    if (!pi.wired) return undefined
    const addresses = [...seeds, ...(pi.card.store?.peers.keys() ?? [])]
    return addresses
      .flatMap(address => (address === pi.address ? [] : (this.runs(address) ?? [])))
      .find(({ server }) => server?.mode === 'NORMAL' || server?.mode === 'LEAVING')
  }

  #arrive(pi: Pi, server: Server): void {
    const { card } = pi
    const seeds = card.override ?? this.#seeds(pi)
    // One that is a node, and part of no change, is a seed for itself as well.
    const own = seeds.includes(pi.address) || (card.override === undefined && card.store?.stage === 'normal')
    const contact = this.#contact(pi, seeds)
    if (!contact && !own) return this.#die(pi)
    if (card.store?.stage === 'normal') {
      server.view = new Map(card.store.peers)
      return this.#normal(pi, server)
    }
    // A seed joins without data, in a ring of its own where it finds none.
    if (!contact || own) {
      if (contact && this.#taken(pi, contact)) return this.#die(pi)
      card.store ??= this.#store(card.tokens ?? [])
      return this.#normal(pi, server)
    }
    const known = contact.server as Server
    const former = known.view.get(pi.address)
    const replacing = card.replaces === pi.address && former !== undefined && former.state === 'normal' && former.id !== card.store?.id
    if (!replacing && this.#taken(pi, contact)) return this.#die(pi)
    for (const [address, entry] of known.view)
      if (address !== pi.address && (entry.state !== 'normal' || entry.tokens.some(token => card.tokens?.includes(token))))
        return this.#die(pi)
    card.store = replacing ? { ...this.#store(former.tokens), id: former.id } : (card.store ?? this.#store(card.tokens ?? []))
    card.store.received = false
    server.view = new Map(known.view)
    if (!replacing) this.#announce(pi, server, 'joining')
    server.mode = 'JOINING'
    server.ticks = 3
  }

  /** Has the ring a node at its address that is another one, and not one that only tried to join? */
  #taken(pi: Pi, contact: Pi): boolean {
    const entry = contact.server?.view.get(pi.address)
    return entry !== undefined && entry.state !== 'joining' && entry.id !== pi.card.store?.id
  }

  #store(tokens: readonly bigint[]): Store {
    return {
      id: `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`,
      tokens,
      stage: 'joining',
      rows: new Set(),
      peers: new Map(),
      received: false,
    }
  }

  #joined(pi: Pi, server: Server): void {
    const store = pi.card.store as Store
    const before = entries(server.view).filter(({ address, state }) => state !== 'joining' && address !== pi.address)
    const replaced = server.view.get(pi.address)
    const old = replaced && replaced.state === 'normal' ? [...before, { address: pi.address, ...replaced }] : before
    const after = [...before, { address: pi.address, id: store.id, tokens: store.tokens }]
    const took: number[] = []
    for (const row of this.rows) {
      if (!replicas(after, row.token, this.factor).some(({ address }) => address === pi.address)) continue
      const sources = replicas(old, row.token, this.factor)
      const source = sources.find(({ address, id }) => address !== pi.address && this.runs(address, id))
      // With one copy a dead node's part is nobody's to give; otherwise no source is no stream.
      if (!source) {
        if (old.length > before.length && this.factor === 1) continue
        return this.#die(pi)
      }
      if (this.runs(source.address)?.card.store?.rows.has(row.id)) took.push(row.id)
    }
    for (const id of took) store.rows.add(id)
    store.received = true
    this.#normal(pi, server)
  }

  #normal(pi: Pi, server: Server): void {
    const store = pi.card.store as Store
    store.stage = 'normal'
    server.mode = 'NORMAL'
    this.#announce(pi, server, 'normal')
  }

  #announce(pi: Pi, server: Server, state: Entry['state']): void {
    const { id, tokens } = pi.card.store as Store
    server.view.set(pi.address, { id, tokens, state, born: ++this.#born })
  }

  /** Its cable is out, and its streams are broken. */
  #broken(pi: Pi, server: Server): void {
    if (server.mode === 'JOINING') return this.#die(pi)
    pi.leaving = 'failed'
    server.mode = 'NORMAL'
    this.#announce(pi, server, 'normal')
  }

  leave(pi: Pi): void {
    if (pi.leaving === 'running') return
    pi.leaving = 'running'
    const { server } = pi
    const others = server ? entries(server.view).filter(({ address }) => address !== pi.address) : []
    if (
      server?.mode !== 'NORMAL' ||
      others.length === 0 ||
      others.some(({ state, address, id }) => state !== 'normal' || !this.runs(address, id))
    ) {
      pi.leaving = 'failed'
      return
    }
    server.mode = 'LEAVING'
    server.ticks = 3
    this.#announce(pi, server, 'leaving')
  }

  #left(pi: Pi, server: Server): void {
    const store = pi.card.store as Store
    const with_ = entries(server.view).filter(({ state }) => state !== 'joining')
    const without = with_.filter(({ address }) => address !== pi.address)
    const given: [Store, number][] = []
    for (const row of this.rows) {
      if (!replicas(with_, row.token, this.factor).some(({ address }) => address === pi.address)) continue
      for (const { address, id } of replicas(without, row.token, this.factor)) {
        const other = this.runs(address, id)?.card.store
        // A stream broke: it stays.
        if (!other) {
          pi.leaving = 'failed'
          server.mode = 'NORMAL'
          return this.#announce(pi, server, 'normal')
        }
        if (store.rows.has(row.id)) given.push([other, row.id])
      }
    }
    for (const [other, id] of given) other.rows.add(id)
    store.stage = 'left'
    server.mode = 'DECOMMISSIONED'
    pi.leaving = 'done'
    for (const { address } of without) {
      const other = this.runs(address)?.server
      other?.gone.add(store.id)
      other?.view.delete(pi.address)
    }
  }

  cleanup(pi: Pi): void {
    if (pi.cleaning === 'running') return
    pi.cleaning = 'running'
    pi.cleaningTicks = 2
  }

  #cleaned(pi: Pi): void {
    const {
      server,
      card: { store },
    } = pi
    if (!server || !store) return
    const all = entries(server.view).filter(({ state }) => state !== 'joining')
    for (const row of this.rows)
      if (store.rows.has(row.id) && !replicas(all, row.token, this.factor).some(({ address }) => address === pi.address))
        store.rows.delete(row.id)
  }

  #gossip(): void {
    const running = this.pis.flatMap(pi => {
      const up = this.runs(pi.address)
      return up?.server ? [{ pi, server: up.server }] : []
    })
    for (const one of running) {
      for (const other of running) {
        if (one === other || !this.#knows(one.pi, one.server, other.pi)) continue
        merge(one.server, other.server)
        merge(other.server, one.server)
      }
    }
    for (const { pi, server } of running) {
      // One that only tried to join, and is gone, is forgotten.
      for (const [address, entry] of server.view)
        if (entry.state === 'joining' && !this.runs(address, entry.id)) server.view.delete(address)
      if (pi.card.store)
        pi.card.store.peers = new Map([...server.view].filter(([address, { state }]) => address !== pi.address && state !== 'joining'))
    }
  }

  #knows(pi: Pi, server: Server, other: Pi): boolean {
    return server.view.has(other.address) || (pi.card.override ?? this.#seeds(pi)).includes(other.address)
  }

  // ---- What clients do

  /** A reading, acknowledged where one replica at least took it. */
  write(): void {
    const running = this.pis.filter(pi => pi.name !== this.alone && this.runs(pi.address) && pi.server?.mode === 'NORMAL')
    const coordinator = running[Math.floor(this.random() * running.length)]?.server
    if (!coordinator) return
    const row = { id: this.rows.length, token: BigInt.asIntN(64, BigInt(Math.floor(this.random() * 2 ** 48)) << 16n) }
    const natural = replicas(
      entries(coordinator.view).filter(({ state }) => state !== 'joining'),
      row.token,
      this.factor,
    )
    const pending = [
      ...replicas(entries(coordinator.view), row.token, this.factor),
      ...replicas(
        entries(coordinator.view).filter(({ state }) => state === 'normal'),
        row.token,
        this.factor,
      ),
    ]
    const takers = natural.flatMap(({ address, id }) => this.runs(address, id) ?? [])
    if (takers.length === 0) return
    this.rows.push(row)
    for (const { address, id } of [...natural, ...pending]) {
      const taker = this.runs(address, id)
      if (taker?.card.store) taker.card.store.rows.add(row.id)
      else this.#hints.set(id, (this.#hints.get(id) ?? new Set()).add(row.id))
    }
  }

  #deliverHints(): void {
    for (const pi of this.pis) {
      const store = this.runs(pi.address)?.card.store
      const hints = store?.stage === 'normal' ? this.#hints.get(store.id) : undefined
      if (!store || !hints) continue
      for (const id of hints) store.rows.add(id)
      this.#hints.delete(store.id)
    }
  }

  /** Every node that runs gets what it should hold: what a repair does. */
  repair(pi: Pi): void {
    const { server } = pi
    if (!server) return
    const all = entries(server.view).filter(({ state }) => state === 'normal')
    for (const row of this.rows) {
      const holders = replicas(all, row.token, this.factor).flatMap(({ address, id }) => this.runs(address, id)?.card.store ?? [])
      if (holders.some(({ rows }) => rows.has(row.id))) for (const { rows } of holders) rows.add(row.id)
    }
  }

  /** Rows that are on no card, also not on that of a node which does not run. */
  onNoCard(): number[] {
    const stores = this.pis.flatMap(({ card }) => [...(card.store ? [card.store] : []), ...card.aside])
    return this.rows.filter(({ id }) => !stores.some(({ rows }) => rows.has(id))).map(({ id }) => id)
  }

  /** Rows that no replica of the ring has that this node sees. */
  lost(pi: Pi): number[] {
    const all = entries(pi.server?.view ?? new Map()).filter(({ state }) => state === 'normal')
    return this.rows
      .filter(
        row =>
          !replicas(all, row.token, this.factor).some(({ address, id }) => {
            const store = this.at(address)?.card.store
            return store?.id === id && store.rows.has(row.id)
          }),
      )
      .map(({ id }) => id)
  }
}

export interface Placed {
  readonly address: string
  readonly id: string
  readonly tokens: readonly bigint[]
}

export function entries(view: ReadonlyMap<string, Entry>): (Entry & Placed)[] {
  return [...view].map(([address, entry]) => ({ address, ...entry }))
}

/** Who holds a token: the nodes of the next tokens on the ring, each once. */
export function replicas<N extends Placed>(nodes: readonly N[], token: bigint, factor: number): N[] {
  const ring = nodes.flatMap(node => node.tokens.map(at => ({ at, node }))).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const first = ring.findIndex(({ at }) => at >= token)
  const found: N[] = []
  for (let step = 0; step < ring.length && found.length < factor; step++) {
    const { node } = ring[((first < 0 ? 0 : first) + step) % ring.length] as (typeof ring)[number]
    if (!found.includes(node)) found.push(node)
  }
  return found
}

function merge(into: Server, from: Server): void {
  for (const id of from.gone) into.gone.add(id)
  for (const [address, entry] of from.view) {
    const known = into.view.get(address)
    if (!known || known.born < entry.born) into.view.set(address, entry)
  }
  for (const [address, entry] of into.view) if (into.gone.has(entry.id)) into.view.delete(address)
}
