import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies } from '../../lab/cgroup/groups.ts'
import { readUsage, usageFiles } from '../../lab/cgroup/usage.ts'
import { identityOf } from '../../lab/identity.ts'
import { heal, inject } from '../../lab/index.ts'
import { submissionMost } from '../../roles/flink/jobs/place.ts'
import { able, eventually, expectPlain, minutes, told, Workplace } from './engine-support.ts'
import { JobsPi, type Resident } from './flink-jobs-support.ts'
import { promisesOf } from './flink-promises.ts'

const MiB = 2 ** 20
const last = Number(process.env['FLINK_MINUTES'] ?? 30)
const chosen = (process.env['FLINK_LAYOUTS'] ?? '1 GiB,2 GiB,two of 1 GiB').split(',')

/** A Pi that is looked at. */
interface Looked {
  readonly roles: readonly string[]
  readonly memory: number
  readonly vars: Readonly<Record<string, object>>
}

const both = { jobs: ['averages', 'anomalies'], slots: 2 }
/** The least that a broker and a store of some 100 readings/s want; what the broker acknowledged is there after a power cut. */
const least = { kafka: { heap: 68, pageCache: 8, partitions: 12, durable: true }, mariadb: { bufferPool: 16 * MiB, connections: 8 } }

const layouts: Readonly<Record<string, Readonly<Record<string, Looked>>>> = {
  '1 GiB': { one: { roles: ['kafka', 'mariadb', 'flink'], memory: 1024, vars: { ...least, flink: { jobs: ['averages'], slots: 1 } } } },
  '2 GiB': { one: { roles: ['kafka', 'mariadb', 'flink'], memory: 2048, vars: { flink: both } } },
  'two of 1 GiB': {
    stream: { roles: ['flink'], memory: 1024, vars: { flink: both } },
    queue: { roles: ['kafka', 'mariadb'], memory: 1024, vars: {} },
  },
}

const unitsOf = (roles: readonly string[]) => [
  ...(roles.includes('kafka') ? ['kafka', 'kafka-guard', 'mariadb', 'prometheus-mysqld-exporter'] : []),
  ...(roles.includes('flink') ? ['flink-jobmanager', 'flink-taskmanager'] : []),
]

type Event = readonly [name: string, work: () => Promise<unknown>]

/** A fleet of one layout, with a producer of 100 readings/s. */
class Together {
  readonly place = new Workplace()
  readonly #layout: string
  readonly #number: number
  #fleet: Fleet | undefined
  #file = ''
  /** Processes that the kernel ended before the power was cut. */
  readonly #ended: string[] = []
  readonly #most = new Map<string, Resident>()

  constructor(layout: string, number: number) {
    this.#layout = layout
    this.#number = number
    this.place.patience = 12 * minutes
  }

  get #pis() {
    return Object.entries(layouts[this.#layout] ?? {})
  }

  get #name() {
    return `testtogether${this.#number}`
  }

  get #up(): Fleet {
    if (!this.#fleet) throw new Error(`${this.#layout} was not made`)
    return this.#fleet
  }

  #pi(name: string): JobsPi {
    return new JobsPi(this.#up, name)
  }

  #has(role: string): JobsPi {
    return this.#pi(this.#pis.find(([, { roles }]) => roles.includes(role))?.[0] ?? '')
  }

  #write(flink: object = {}): void {
    const pi = (address: number, roles: readonly string[], more: object) => ({
      address: `10.78.${141 + this.#number}.${20 + address}`,
      user: 'pi',
      model: 'rpi4-2g',
      os: 'bookworm',
      roles: ['base', ...roles],
      ...more,
    })
    const hosts = this.#pis.map(([name, { roles, memory, vars }], index) => {
      const own = roles.includes('flink') ? { flink: { ...vars['flink'], ...flink } } : {}
      return [name, pi(index, roles, { lab: { cpu: 1.6, memory: `${memory} MiB` }, vars: { ...vars, ...own } })] as const
    })
    const house = pi(9, ['collector'], { vars: { collector: { interval: 10 } } })
    this.#file = this.place.write('fleet', this.#name, { hosts: { ...Object.fromEntries(hosts), house } })
  }

  /** Again where a busy machine took longer than a start may. */
  async #provision(): Promise<string> {
    for (let tries = 1; ; tries++) {
      const run = await this.place.provision(this.#file)
      expectPlain(run)
      if (run.code === 0) return run.text
      if (tries === 4) throw new Error(run.text)
      console.log(`${this.#layout}: ${run.text.split('\n').slice(-8).join('\n')}`)
    }
  }

  async make(): Promise<void> {
    this.#write()
    this.#fleet = await this.place.boot(this.#file)
    await this.#has('flink').watchSubmissions()
    await this.#provision()
    // Nobody was fitted by force: what is asked a second time is as it should be.
    expect((await this.place.provision(this.#file)).text).toContain('Nothing to change')
    await this.#promised()
  }

  /** What each role of a Pi was planned with is what its processes are held to here, to the MiB. */
  async #promised(): Promise<void> {
    const status = JSON.parse((await this.place.command('status', ['--inventory', this.#file, '--json'])).stdout ?? '{}') as Roles
    for (const [name, { roles, memory, vars }] of this.#pis) {
      const promises = promisesOf(roles, memory, vars)
      for (const role of roles) {
        const planned = (status[name]?.roles.find(each => each.role === role)?.planned ?? NaN) / MiB
        expect(Math.abs(planned - (promises.roles[role] ?? NaN)), `${name}, ${role}: ${planned} of ${promises.roles[role]}`).toBeLessThan(
          1.5,
        )
      }
    }
  }

  async #stored(): Promise<number> {
    return Number(await this.#has('mariadb').on('mariadb -BN temperature -e "SELECT COUNT(*) FROM reading"'))
  }

  /** What happens, one after the other. Each end of the JobManager lets the keeper submit all jobs beside everything else. */
  #events(): readonly Event[] {
    const kill = (...units: string[]): Event => [
      `SIGKILL of ${units.join(' and ')}`,
      () => this.#has('flink').on(`systemctl kill -s KILL ${units.join(' ')}`),
    ]
    if (this.#layout !== '1 GiB') return [kill('flink-jobmanager'), kill('flink-jobmanager')]
    return [
      kill('flink-taskmanager'),
      kill('flink-jobmanager'),
      kill('flink-jobmanager', 'flink-taskmanager'),
      ['the broker starts again', () => this.#has('kafka').on('systemctl restart kafka')],
      [
        'an edit',
        async () => {
          this.#write({ group: 'edited' })
          await this.#provision()
        },
      ],
      [
        'a power cut',
        async () => {
          this.#ended.push(...(await this.#has('flink').outOfMemory()))
          await inject(this.#up, { kind: 'power', hosts: ['one'] })
          await heal(this.#up)
          await this.#has('flink').watchSubmissions()
        },
      ],
    ]
  }

  async #look(): Promise<void> {
    for (const [name, { roles }] of this.#pis) {
      // Of a Pi without power nothing is seen.
      const seen = await this.#pi(name)
        .resident(unitsOf(roles))
        .catch(() => ({}) as Readonly<Record<string, Resident>>)
      for (const [unit, { now, own, most }] of Object.entries(seen)) {
        const before = this.#most.get(unit) ?? { now, own, most }
        this.#most.set(unit, { now, own: Math.max(before.own, own), most: Math.max(before.most, most) })
      }
    }
  }

  /** Loads it until then, with all that happens to it. */
  async load(until: number): Promise<void> {
    const all = await hierarchies()
    const usage = this.#pis.map(([name]) => [name, usageFiles(all, groupOf(identityOf(this.#name).prefix, name))] as const)
    const charged = new Map<string, number>()
    const events = this.#events()
    const failed: unknown[] = []
    let under: Promise<unknown> = Promise.resolve()
    const first = await this.#stored()
    const began = performance.now()
    for (let [happened, looked] = [0, 0]; performance.now() < until; await sleep(2000)) {
      for (const [name, files] of usage) {
        const seen = readUsage(files)
        if (seen) charged.set(name, Math.max(charged.get(name) ?? 0, seen.charged - seen.cache))
      }
      const passed = performance.now() - began
      if (passed > looked * 20_000) {
        looked++
        await this.#look()
      }
      const next = events[happened]
      if (next && passed > ((happened + 1) * (until - began)) / (events.length + 1)) {
        happened++
        await under
        const health = await this.#has('flink').health().catch(String)
        console.log(`${this.#layout}, ${Math.round(passed / 1000)} s: ${next[0]}; before it ${JSON.stringify(health)}`)
        under = next[1]().catch((error: unknown) => failed.push(error))
      }
    }
    await under
    const broken = [...failed, ...(await this.#endedByForce())]
    const { rate, promises } = await this.#tell(first, (performance.now() - began) / 1000, charged)
    expect([...broken, ...promises]).toEqual([])
    // A busy machine, or a Pi without power, has fewer than the hundred that are asked for.
    expect(rate).toBeGreaterThan(75)
  }

  /** Processes that the kernel ended, and starts that nobody asked for, in words. */
  async #endedByForce(): Promise<readonly string[]> {
    const found: string[] = []
    for (const [name, { roles }] of this.#pis) {
      const ended = [...this.#ended, ...(await this.#pi(name).outOfMemory())]
      if (ended.length > 0) found.push(`${name}: ${ended.length} for want of memory: ${ended[0]}`)
      for (const unit of roles.includes('kafka') ? ['kafka', 'kafka-guard', 'mariadb'] : []) {
        const starts = await this.#pi(name).on(`systemctl show -P NRestarts ${unit}`)
        if (starts !== '0') found.push(`${name}: ${unit} was started again ${starts} times`)
      }
    }
    console.log(`${this.#layout}: ${found.length === 0 ? 'nobody was ended for want of memory or started again' : found.join('; ')}`)
    return found
  }

  /** Tells it. @returns readings stored a second, and promises that were broken */
  async #tell(
    first: number,
    seconds: number,
    charged: ReadonlyMap<string, number>,
  ): Promise<{ readonly rate: number; readonly promises: readonly string[] }> {
    const flink = this.#has('flink')
    const rate = ((await this.#stored()) - first) / seconds
    const said = [`${this.#layout}: ${Math.round(seconds / 60)} minutes, ${rate.toFixed(0)} readings/s stored`]
    const broken: string[] = []
    for (const [name, { roles, memory, vars }] of this.#pis) {
      const promises = promisesOf(roles, memory, vars)
      const planned = Object.entries(promises.roles).flatMap(([role, bytes]) => (bytes > 0 ? [`${role} ${bytes}`] : []))
      for (const unit of unitsOf(roles)) {
        const [held = NaN, promised = NaN] = [this.#most.get(unit)?.most, promises.units[unit]]
        if (!(held <= promised)) broken.push(`${name}: ${unit} held ${held} of ${promised} MiB`)
      }
      const sum = unitsOf(roles).reduce((total, unit) => total + (this.#most.get(unit)?.most ?? 0), 0)
      said.push(
        `  ${name}, ${memory} MiB: promised ${planned.join(', ')}; RSS at most, all of them ${sum}`,
        ...unitsOf(roles).map(unit => {
          const { now = 0, own = 0, most = 0 } = this.#most.get(unit) ?? {}
          return `    ${unit}: promised ${promises.units[unit]}; RSS ${now}, at most ${most}; in no file at most ${own} MiB`
        }),
        `    the Pi without its page cache: at most ${Math.round((charged.get(name) ?? 0) / MiB)} MiB`,
      )
    }
    const [beside, looks] = await flink.beside()
    const submission = await flink.submission()
    if (!(submission > 0 && submission <= submissionMost)) broken.push(`a submission held ${submission} of ${submissionMost} MiB`)
    const flags = await flink.on(
      String.raw`for p in jobmanager taskmanager; do echo $p $(grep -E '^-(Xmx|XX:Max)' /etc/flink/$p/jvm.options); done`,
    )
    console.log(
      [
        ...said,
        `  a submission: promised ${submissionMost} with its keeper; RSS at most ${submission} MiB; a TaskManager beside it in ${beside} of ${looks} looks`,
        `  ${flags.replaceAll('\n', '; ')}`,
      ].join('\n'),
    )
    return { rate, promises: broken }
  }

  /** Rows of its jobs are what the same query says of the raw readings, once nothing comes any more. */
  async equal(): Promise<void> {
    await this.#pi('house').on('systemctl stop collector')
    for (const span of ['minute', 'hour'] as const) {
      let seen: object = {}
      await eventually(async () => {
        const compared = await this.#has('mariadb').compared(span)
        seen = compared
        return compared.raw > 0 && compared.raw === compared.same && compared.table === compared.raw
      }, 600).catch((error: unknown) => {
        throw new Error(`${this.#layout}, ${span}: ${JSON.stringify(seen)}`, { cause: error })
      })
      console.log(`${this.#layout}: ${await this.#stored()} readings, rows of each ${span} ${JSON.stringify(seen)}`)
    }
    expect(told(await this.place.command('status', ['--inventory', this.#file])).text).toMatch(/averages: RUNNING/)
  }

  async end(): Promise<void> {
    if (this.#fleet) await this.place.end(this.#fleet)
  }
}

/**
 * `npm run proof:flink-together`: broker, store and both processes of Flink with their jobs on one Pi of 1 GiB, on one of 2 GiB, and on two of
 * 1 GiB (`FLINK_LAYOUTS`), each under 100 readings/s for `FLINK_MINUTES`, while the next one is made. No process holds more than was promised for
 * it, no submission does, and the kernel has to end nobody. Parts of the first are killed, edited and lose their power meanwhile, and its rows
 * are right nevertheless.
 */
describe.runIf(able)('broker, store and Flink', { timeout: (last + 40) * minutes }, () => {
  const fleets = chosen.map(layout => ({ layout, fleet: new Together(layout, Object.keys(layouts).indexOf(layout)) }))
  const made: Together[] = []
  const loads: Promise<unknown>[] = []

  afterAll(async () => {
    for (const { fleet } of fleets) await fleet.end()
  }, 5 * minutes)

  it.each(fleets)('on $layout are made from nothing', async ({ fleet }) => {
    await fleet.make()
    made.push(fleet)
    loads.push(
      fleet.load(performance.now() + last * minutes).then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
  })

  it('hold what was promised at most, also when jobs are submitted, and nobody is ended for want of memory', async () => {
    const ended = await Promise.all(loads)
    for (const error of ended) if (error !== undefined) console.log(error)
    expect(ended.filter(error => error !== undefined)).toEqual([])
    expect(made).toHaveLength(fleets.length)
  })

  it('and count as the same query over the raw readings', async () => {
    for (const fleet of made) await fleet.equal()
  })
})

type Roles = Readonly<Record<string, { readonly roles: readonly { readonly role: string; readonly planned: number }[] }>>
