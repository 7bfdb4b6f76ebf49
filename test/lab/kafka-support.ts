import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import type { Feature } from '../../roles/kafka/admin/features.ts'
import type { QuorumSeen } from '../../roles/kafka/admin/quorum.ts'
import { run, type Errand } from '../../roles/kafka/admin/session.ts'
import type { TopicSeen } from '../../roles/kafka/admin/topics.ts'
import { notWhole } from '../../roles/kafka/admin/whole.ts'
import { healthPrefix } from '../../roles/kafka/admin/words.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { nodeIdOf } from '../../roles/kafka/identity.ts'
import { tlsFiles } from '../../roles/kafka/config/paths.ts'
import { expectPlain, inside, told, Workplace, type Told } from './engine-support.ts'
import { brokerClient, census, difference, type Load, type Target } from './kafka-load.ts'

export interface Seen {
  readonly brokers: readonly { readonly id: number }[]
  readonly topics: readonly TopicSeen[]
  readonly quorum: QuorumSeen
  readonly features: readonly Feature[]
}

/** One look at a cluster. */
interface Sample {
  /** Milliseconds since the watch began. */
  readonly at: number
  /** Brokers that are up, by their numbers. */
  readonly up: readonly number[]
  readonly topics: readonly TopicSeen[]
}

/** A fleet of brokers on virtual Pis, and somebody who writes to its topic. */
export class KafkaWorkplace extends Workplace {
  readonly name: string
  readonly #net: number
  fleet!: Fleet
  file!: string
  #own = ''
  #ca = ''

  /** `net`: the third number of its addresses. */
  constructor(name: string, net: number) {
    super()
    this.name = name
    this.#net = net
  }

  address = (host: string): string => `10.78.${this.#net}.${19 + Number(host.slice(-1))}`

  /** Writes the inventory: hosts of these names, with the role where it says so. */
  inventory(brokers: readonly string[], vars: object = {}, others: readonly string[] = []): string {
    const host = (name: string) => ({
      address: this.address(name),
      user: 'pi',
      model: 'rpi4-1g',
      os: 'bookworm',
      roles: ['base', ...(brokers.includes(name) ? ['kafka'] : [])],
      lab: { cpu: 0.6 },
      vars: brokers.includes(name) ? { kafka: { weight: 1, ...vars } } : {},
    })
    return (this.file = this.write('fleet', this.name, {
      hosts: Object.fromEntries([...brokers, ...others].sort().map(each => [each, host(each)])),
    }))
  }

  /** A run that must end well. */
  async provisioned(...words: string[]): Promise<string> {
    const run = await this.provision(this.file, words)
    expect(run.text).not.toContain('FAILED')
    expect(run.code, run.text).toBe(0)
    expectPlain(run)
    return run.text
  }

  async rebalance(...words: string[]): Promise<Told> {
    const run = told(await this.command('rebalance', ['kafka', '--inventory', this.file, ...words]))
    expectPlain(run)
    return run
  }

  on(host: string, script: string): Promise<string> {
    return inside(this.fleet, host, script)
  }

  /** Reads what a broker shows others, so that its cluster can be asked from here. */
  async knows(host = 'kafka1'): Promise<void> {
    this.#own = await this.on(host, `cat ${tlsFiles.own}`)
    this.#ca = await this.on(host, `cat ${tlsFiles.ca}`)
    writeFileSync(this.caFile, this.#ca)
  }

  get caFile(): string {
    return join(this.folder, 'ca.pem')
  }

  errand(hosts: readonly string[], errand: Omit<Errand, 'at' | 'ca' | 'own'>): Promise<Readonly<Record<string, unknown>>> {
    return run({ at: hosts.map(host => ({ host: this.address(host), port: 9093 })), ca: this.#ca, own: this.#own, ...errand })
  }

  async seen(...hosts: string[]): Promise<Seen> {
    return (await this.errand(hosts, { timeout: 10, ask: ['quorum', 'features'] })) as unknown as Seen
  }

  /** Makes an account that is nobody's of the fleet, and may write the topic. */
  async writer(hosts: readonly string[]): Promise<Target> {
    const [user, password] = ['load', 'writes much']
    await this.errand(hosts, { change: [{ user, password }, { allow: rulesOf(user, 'temperature') }] })
    return { hosts: hosts.map(host => `${this.address(host)}:9092`), user, password, caFile: this.caFile }
  }

  /** Stops a load, and looks for each number that was acknowledged. */
  async counted(load: Load, hosts: readonly string[]) {
    const sent = await load.stop()
    const found = await census(
      brokerClient(
        hosts.map(host => `${this.address(host)}:9093`),
        this.#ca,
        this.#own,
      ),
    )
    return { ...sent, ...difference(load, found) }
  }

  /** How often systemd started a broker by itself, and when it came up last. */
  async starts(...hosts: string[]): Promise<readonly string[]> {
    return Promise.all(hosts.map(host => this.on(host, 'systemctl show -p NRestarts -p ActiveEnterTimestampMonotonic kafka')))
  }

  /** Looks at the cluster all the while, four times a second. */
  watch(...hosts: string[]): Watch {
    return new Watch(() => this.errand(hosts, { timeout: 3 }) as unknown as Promise<Pick<Sample, 'topics'> & Seen>)
  }
}

/** What was seen of a cluster while something was done to it. */
export class Watch {
  readonly samples: Sample[] = []
  #going = true
  #silent = 0
  readonly #work: Promise<void>

  constructor(look: () => Promise<Pick<Seen, 'brokers' | 'topics'>>) {
    const began = performance.now()
    this.#work = (async () => {
      for (; this.#going; await sleep(250)) {
        try {
          const { brokers, topics } = await look()
          this.samples.push({ at: performance.now() - began, up: brokers.map(({ id }) => id), topics })
        } catch {
          this.#silent++
        }
      }
    })()
  }

  async stop() {
    this.#going = false
    await this.#work
    const all = [...new Set(this.samples.flatMap(({ up }) => up))]
    const outs = this.samples.flatMap(({ up, at, topics }, index) => {
      const before = this.samples[index - 1]
      if (!before) return []
      return before.up
        .filter(id => !up.includes(id))
        .map(id => ({
          id,
          at,
          others: all.length - 1 - up.filter(each => each !== id).length,
          // How the others' copies were when it was seen last, and what it led then and leads now.
          lacked: notWhole(before.topics, id),
          leads: led(topics, id),
        }))
    })
    return {
      samples: this.samples.length,
      silent: this.#silent,
      /** The most brokers that were out at any moment. */
      out: Math.max(...this.samples.map(({ up }) => all.length - up.length)),
      outs,
      /** Partitions of readings that had no leader, in how many samples. */
      leaderless: this.samples.filter(({ topics }) =>
        topics.some(({ name, partitions }) => name === 'temperature' && partitions.some(({ leader }) => leader < 0)),
      ).length,
    }
  }
}

const led = (topics: readonly TopicSeen[], id: number): number =>
  topics
    .filter(({ name }) => !name.startsWith(healthPrefix))
    .reduce((sum, { partitions }) => sum + partitions.filter(({ leader }) => leader === id).length, 0)

export const idOf = nodeIdOf
