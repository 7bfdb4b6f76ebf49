import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies } from '../../lab/cgroup/groups.ts'
import { readUsage, usageFiles, type UsageFiles } from '../../lab/cgroup/usage.ts'
import { identityOf } from '../../lab/identity.ts'
import { able, eventually, expectPlain, minutes, told, Workplace } from './engine-support.ts'
import { JobsPi, type Resident } from './flink-jobs-support.ts'

const MiB = 2 ** 20
const last = Number(process.env['FLINK_MINUTES'] ?? 30)
const chosen = (process.env['FLINK_LAYOUTS'] ?? '1 GiB,2 GiB,two of 1 GiB').split(',')

/** A Pi that is looked at, and the units on it. */
interface Looked {
  readonly roles: readonly string[]
  readonly memory: number
  readonly vars: Readonly<Record<string, object>>
}

const store = ['kafka', 'kafka-guard', 'mariadb', 'prometheus-mysqld-exporter']
const flink = ['flink-jobmanager', 'flink-taskmanager']
const both = { jobs: ['averages', 'anomalies'], slots: 2 }
/** The least that a broker and a store of some 100 readings/s want. */
const least = { kafka: { heap: 80, pageCache: 8, partitions: 12 }, mariadb: { bufferPool: 16 * MiB, connections: 10 } }

const layouts: Readonly<Record<string, Readonly<Record<string, Looked>>>> = {
  '1 GiB': { one: { roles: ['kafka', 'mariadb', 'flink'], memory: 1024, vars: { ...least, flink: { jobs: ['averages'], slots: 1 } } } },
  '2 GiB': { one: { roles: ['kafka', 'mariadb', 'flink'], memory: 2048, vars: { flink: both } } },
  'two of 1 GiB': {
    stream: { roles: ['flink'], memory: 1024, vars: { flink: both } },
    queue: { roles: ['kafka', 'mariadb'], memory: 1024, vars: {} },
  },
}

/** A fleet of one layout, with a producer of 100 readings/s. */
class Together {
  readonly place = new Workplace()
  readonly #layout: string
  readonly #number: number
  #fleet: Fleet | undefined
  #file = ''

  constructor(layout: string, number: number) {
    this.#layout = layout
    this.#number = number
  }

  get pis() {
    return Object.entries(layouts[this.#layout] ?? {})
  }

  get #name() {
    return `testtogether${this.#number}`
  }

  pi(name: string): JobsPi {
    if (!this.#fleet) throw new Error(`${this.#layout} was not made`)
    return new JobsPi(this.#fleet, name)
  }

  has(role: string): JobsPi {
    return this.pi(this.pis.find(([, { roles }]) => roles.includes(role))?.[0] ?? '')
  }

  async make(): Promise<void> {
    this.place.patience = 12 * minutes
    const pi = (address: number, roles: readonly string[], more: object) => ({
      address: `10.78.68.${20 + 10 * this.#number + address}`,
      user: 'pi',
      model: 'rpi4-2g',
      os: 'bookworm',
      roles: ['base', ...roles],
      ...more,
    })
    const hosts = Object.fromEntries(
      this.pis.map(
        ([name, { roles, memory, vars }], index) => [name, pi(index, roles, { lab: { cpu: 1.6, memory: `${memory} MiB` }, vars })] as const,
      ),
    )
    const house = pi(9, ['collector'], { vars: { collector: { interval: 10 } } })
    this.#file = this.place.write('fleet', this.#name, { hosts: { ...hosts, house } })
    this.#fleet = await this.place.boot(this.#file)
    await this.has('flink').watchSubmissions()
    const run = await this.place.provision(this.#file)
    expect([run.code, run.text]).toEqual([0, expect.not.stringContaining('FAILED')])
    expectPlain(run)
    // Nobody was fitted by force: what is asked a second time is as it should be.
    expect((await this.place.provision(this.#file)).text).toContain('Nothing to change')
  }

  async stored(): Promise<number> {
    return Number(await this.has('mariadb').on('mariadb -BN temperature -e "SELECT COUNT(*) FROM reading"'))
  }

  async usage(): Promise<readonly (readonly [string, UsageFiles])[]> {
    const all = await hierarchies()
    return this.pis.map(([name]) => [name, usageFiles(all, groupOf(identityOf(this.#name).prefix, name))] as const)
  }

  /** Loads it until then, and ends the JobManager twice: the keeper submits all jobs again beside everything else. */
  async load(until: number): Promise<void> {
    const usage = await this.usage()
    const charged = new Map<string, number>()
    const most = new Map<string, Resident>()
    const first = await this.stored()
    const began = performance.now()
    for (let [killed, looked] = [0, 0]; performance.now() < until; await sleep(2000)) {
      for (const [name, files] of usage) {
        const seen = readUsage(files)
        if (seen) charged.set(name, Math.max(charged.get(name) ?? 0, seen.charged - seen.cache))
      }
      const passed = performance.now() - began
      if (passed > (looked + 1) * 30_000) {
        looked++
        for (const [name, { roles }] of this.pis)
          for (const [unit, seen] of Object.entries(await this.pi(name).resident(unitsOf(roles)))) {
            const before = most.get(unit) ?? seen
            most.set(unit, { now: seen.now, own: Math.max(before.own, seen.own), most: Math.max(before.most, seen.most) })
          }
      }
      if (passed > ((killed + 1) * (until - began)) / 3 && killed < 2) {
        await this.has('flink').on('systemctl kill -s KILL flink-jobmanager')
        killed++
      }
    }
    const seconds = (performance.now() - began) / 1000
    const rate = ((await this.stored()) - first) / seconds
    const said = [`${this.#layout}: ${Math.round(seconds / 60)} minutes, ${rate.toFixed(0)} readings/s stored`]
    const roles = JSON.parse((await this.place.command('status', ['--inventory', this.#file, '--json'])).stdout ?? '{}') as Roles
    for (const [name, { roles: on, memory }] of this.pis) {
      const sum = (which: readonly string[]) => which.reduce((all, unit) => all + (most.get(unit)?.most ?? 0), 0)
      const planned = roles[name]?.roles.map(({ role, planned }) => `${role} ${Math.round(planned / MiB)}`).join(', ')
      said.push(
        `  ${name}, ${memory} MiB: promised ${planned}; RSS at most, all of them ${sum(unitsOf(on))}`,
        ...unitsOf(on).map(unit => {
          const { now = 0, own = 0, most: top = 0 } = most.get(unit) ?? {}
          return `    ${unit}: RSS ${now}, at most ${top}, of it its own and in no file at most ${own} MiB`
        }),
        `    the Pi without files in the page cache: at most ${Math.round((charged.get(name) ?? 0) / MiB)} MiB`,
      )
    }
    const [beside, looks] = await this.has('flink').beside()
    said.push(
      `  a submission: RSS at most ${await this.has('flink').submission()} MiB; a TaskManager beside it in ${beside} of ${looks} looks`,
      `  memory by part: ${await this.plans()}`,
    )
    console.log(said.join('\n'))

    expect(rate).toBeGreaterThan(90)
    for (const [name, { roles: on }] of this.pis) {
      expect(await this.pi(name).outOfMemory(), name).toBe(0)
      const steady = on.filter(role => role !== 'flink').flatMap(role => (role === 'kafka' ? ['kafka', 'kafka-guard'] : [role]))
      for (const unit of steady) expect(await this.pi(name).on(`systemctl show -P NRestarts ${unit}`), unit).toBe('0')
    }
  }

  /** What Flink was told, as its processes say at their start. */
  private plans(): Promise<string> {
    return this.has('flink').on(
      `for p in jobmanager taskmanager; do echo "$p: $(grep -E '^-X(mx|X:Max)' /etc/flink/$p/jvm.options | xargs)"; done | xargs`,
    )
  }

  /** Rows of its jobs are what the same query says of the raw readings, once nothing comes any more. */
  async equal(): Promise<void> {
    await this.pi('house').on('systemctl stop collector')
    let seen: object = {}
    await eventually(async () => {
      const minute = await this.has('mariadb').compared('minute')
      seen = minute
      return minute.raw > 0 && minute.raw === minute.same && minute.table === minute.raw
    }, 240).catch((error: unknown) => {
      throw new Error(`${this.#layout}: ${JSON.stringify(seen)}`, { cause: error })
    })
    console.log(`${this.#layout}: rows of minutes ${JSON.stringify(seen)}`)
    expect(told(await this.place.command('status', ['--inventory', this.#file])).text).toMatch(/averages: RUNNING/)
  }

  async end(): Promise<void> {
    if (this.#fleet) await this.place.end(this.#fleet)
  }
}

const unitsOf = (roles: readonly string[]) => [...(roles.includes('kafka') ? store : []), ...(roles.includes('flink') ? flink : [])]

/**
 * `npm run proof:flink-together`: broker, store and both processes of Flink with their jobs on one Pi of 1 GiB, on one of 2 GiB, and on two of
 * 1 GiB (`FLINK_LAYOUTS`), each under 100 readings/s, the first for `FLINK_MINUTES`, the others at the same time. What each process holds beside what was promised, the
 * peak of a submission, and whether the kernel had to end anybody.
 */
describe.runIf(able)('broker, store and Flink', { timeout: (last + 10) * minutes }, () => {
  const fleets = chosen.map((layout, number) => ({ layout, fleet: new Together(layout, number) }))
  const made: Together[] = []
  const loads: Promise<unknown>[] = []
  let until: number | undefined

  afterAll(async () => {
    for (const { fleet } of fleets) await fleet.end()
  }, 5 * minutes)

  it.each(fleets)('on $layout are made from nothing', async ({ fleet }) => {
    await fleet.make()
    made.push(fleet)
    // The first has all of the time, the others what is left of it, and ten minutes at least.
    until ??= performance.now() + last * minutes
    const loaded = fleet.load(Math.max(until, performance.now() + Math.min(last, 10) * minutes))
    loads.push(
      loaded.then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
  })

  it('hold what was promised at most, also when jobs are submitted, and nobody is ended for want of memory', async () => {
    expect((await Promise.all(loads)).filter(error => error !== undefined)).toEqual([])
    expect(made).toHaveLength(fleets.length)
  })

  it('and count as the same query over the raw readings', async () => {
    for (const fleet of made) await fleet.equal()
  })
})

type Roles = Readonly<Record<string, { readonly roles: readonly { readonly role: string; readonly planned: number }[] }>>
