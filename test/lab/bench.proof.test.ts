import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { down, up } from '../../lab/index.ts'
import { seeded } from '../../lab/scenario/random.ts'
import type { Difference } from '../../trials/compare.ts'
import { bottleneckText } from '../../trials/bottleneck.ts'
import type { Result } from '../../trials/result.ts'
import { able, eventually, expectPlain, inside, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'

const name = 'testbench'
/** Which stores: `BENCH_BACKENDS=mariadb,mqtt` leaves those out that take minutes to begin. */
const backends = (process.env['BENCH_BACKENDS'] ?? 'mariadb,cassandra,kafka,mqtt').split(',')
/** Pairs of runs of which nothing differs; there are half as many of which one has a tenth less CPU. */
const pairs = Number(process.env['BENCH_PAIRS'] ?? 20)
/** Runs for those pairs: so many with each share of CPU, two sides' worth at least; and so many of them are a side. */
const runsOfEach = Number(process.env['BENCH_RUNS'] ?? 24)
const ofSide = 8
/** `BENCH_KEEP=FOLDER`: hosts stay up, and their secrets there. */
const kept = process.env['BENCH_KEEP']

/** The producers without a delay. */
const near = 'producer*'

type Lab = Readonly<Record<string, { readonly cpu?: number; readonly memory?: string }>>

proofs('bench on virtual Pis', { timeout: 40 * minutes, able }, () => {
  const place = new Workplace(kept)
  // All of it on a busy machine.
  place.patience = 20 * minutes
  let file: string
  let fleet: Fleet

  const host = (octet: number, roles: readonly string[], more: object = {}) => ({
    address: `10.78.72.${octet}`,
    user: 'pi',
    model: 'rpi3b+',
    os: 'bookworm',
    roles: ['base', ...roles],
    ...more,
  })
  const write = (lab: Lab = {}) => {
    const hosts: Record<string, object> = {
      mysql: host(90, ['mariadb', 'sink'], { vars: { sink: { from: 'mqtt' } } }),
      hub: host(40, ['mosquitto']),
      ...(backends.includes('cassandra') && { cassandra1: host(19, ['cassandra'], { vars: { cassandra: { ringDelay: 5 } } }) }),
      ...(backends.includes('kafka') && { kafka1: host(30, ['kafka']) }),
      producer1: host(21, ['collector'], { vars: { collector: { backends } } }),
      producer2: host(22, ['collector'], { vars: { collector: { backends } } }),
      // A delay is made with the link, at the first boot.
      far: host(23, ['collector'], { vars: { collector: { backends } }, lab: { delay: 25 } }),
    }
    for (const [of, limits] of Object.entries(lab)) hosts[of] = { ...hosts[of], lab: limits }
    return place.write('fleet', name, { hosts })
  }
  /** The same hosts with other limits; they go on running. */
  const limited = async (lab: Lab) => {
    fleet = await place.load(write(lab))
    await up(fleet)
  }
  let count = 0
  const bench = async (...words: string[]): Promise<{ readonly result: Result; readonly out: string; readonly text: string }> => {
    const out = join(place.folder, `run${++count}`)
    const ran = await place.command('bench', [
      '--inventory',
      file,
      'run',
      '--out',
      out,
      ...(words.includes('--producers') ? [] : ['--producers', near]),
      ...words,
    ])
    expectPlain({ code: ran.exitCode, text: ran.all ?? '' })
    if (ran.exitCode !== 0) console.log(ran.all)
    expect(ran.exitCode).toBe(0)
    return { result: JSON.parse(readFileSync(`${out}.json`, 'utf8')) as Result, out, text: ran.all ?? '' }
  }
  const compared = async (a: readonly string[] = [], b: readonly string[] = []): Promise<Difference | undefined> => {
    const { stdout } = await place.command('bench', ['compare', a.join(','), b.join(','), '--json'])
    return (JSON.parse(stdout) as readonly Difference[]).find(({ measure }) => measure === 'TPS')
  }

  beforeAll(async () => {
    file = write()
    if (kept === undefined) fleet = await place.boot(file)
    else await up((fleet = await place.load(file)))
    const run = await place.provision(file)
    if (run.code !== 0) console.log(run.text)
    expect(run.code).toBe(0)
  }, 25 * minutes)
  afterAll(async () => {
    if (kept !== undefined) return
    await down(fleet)
    place.remove()
  })

  it('all backends in one table, each with one thread and eight', async () => {
    const names = backends.map(backend => (backend === 'mqtt' ? 'awsiot' : backend))
    const { result, text, out } = await bench('--backends', names.join(','), '--threads', '1,8', '--duration', '15s', '--broker', 'hub')
    console.log(text)
    console.log(readFileSync(`${out}.md`, 'utf8'))
    expect(result.problems).toEqual([])
    expect(result.trials.map(({ backend, threads }) => `${backend} ${threads}`)).toEqual(names.flatMap(each => [`${each} 1`, `${each} 8`]))
    for (const { all, hosts } of result.trials) {
      expect(all.tps).toBeGreaterThan(0)
      expect(hosts.filter(({ figures }) => figures === undefined)).toEqual([])
    }
    const shots = process.env['REPORT_SHOTS']
    if (shots !== undefined) copyFileSync(`${out}.html`, join(shots, 'bench.html'))
  })

  interface Slowed {
    readonly what: string
    readonly lab: Lab
    readonly wanted: RegExp
    /** Who sends, where that is not the two that are near. */
    readonly producers?: string
    /** What makes it slow inside, and what ends that. */
    readonly by?: { readonly on: string; readonly begins: string; readonly ends: string }
  }
  const slowed: readonly Slowed[] = [
    { what: 'CPU of the store', lab: { mysql: { cpu: 0.1 } }, wanted: /^mysql CPU/ },
    { what: 'CPU of producers', lab: { producer1: { cpu: 0.1 }, producer2: { cpu: 0.1 } }, wanted: /^producer[12] CPU/ },
    { what: 'network', lab: {}, wanted: /^(?:far round trip [^;]* to mysql|mysql round trip [^;]* to far)/, producers: 'far' },
    {
      what: 'disk',
      lab: {},
      wanted: /^mysql disk/,
      by: {
        on: 'mysql',
        // Two, for one alone leaves a gap where it begins anew.
        begins:
          'systemd-run --unit slowdisk bash -c "slow() { while :; do dd if=/dev/zero of=/var/tmp/slow.\\$1 bs=4M count=16 oflag=direct conv=notrunc; done; }; slow 1 & slow 2 & wait"',
        ends: 'systemctl stop slowdisk; rm -f /var/tmp/slow.*',
      },
    },
    {
      what: 'memory',
      lab: {},
      wanted: /^mysql memory/,
      by: {
        on: 'mysql',
        // Pages that nothing can take back, until what is left is less than the programs that run need.
        begins: `mount -t tmpfs -o size=1g tmpfs /mnt; free=$(awk '/MemAvailable/ {print int($2/1024)}' /proc/meminfo)
head -c $((free - 6))M /dev/zero >/mnt/ballast; true`,
        ends: 'umount -l /mnt',
      },
    },
  ]
  it.each(slowed)('a host slowed on purpose is named: $what', async ({ what, lab, wanted, by, producers = near }) => {
    await limited(lab)
    if (by) await inside(fleet, by.on, by.begins)
    try {
      const { result } = await bench('--backends', 'mariadb', '--threads', '8', '--duration', '15s', '--producers', producers)
      const text = bottleneckText(result.trials[0]?.bottlenecks ?? [])
      console.log(`${what}: ${text}`)
      expect(text).toMatch(wanted)
    } finally {
      if (by) await inside(fleet, by.on, by.ends)
      await limited({})
    }
  })

  it('nothing runs on a Pi after Ctrl-C, nor after the command was killed', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const running = place.command('bench', [
        '--inventory',
        file,
        'run',
        '--backends',
        'mariadb',
        '--duration',
        '10m',
        '--out',
        join(place.folder, 'x'),
      ])
      const busy = (on: string, program: string) => inside(fleet, on, `pgrep -fc '${program}' || true`).then(Number)
      await eventually(async () => (await busy('producer1', '[c]ollect.cjs --backend')) > 0, 120)
      running.kill(signal)
      const ended = await running
      if (signal === 'SIGINT') expect(ended.exitCode).toBe(130)
      await eventually(async () => (await busy('producer1', '[c]ollect.cjs --backend')) === 0, 20)
      await eventually(async () => (await inside(fleet, 'mysql', `pgrep -fc '[g]rep -sHE' || true`)) === '0', 20)
    }
  })

  it('a store that stands still for two seconds is in the open loop’s p99, and not in the closed loop’s', async () => {
    const running = bench('--backends', 'mariadb', '--threads', '2', '--rate', '40', '--duration', '20s')
    // Within what counts: a warm-up is ten seconds or more, and told when it is over.
    await eventually(async () => (await inside(fleet, 'producer1', `pgrep -fc '[c]ollect.cjs --backend' || true`)) !== '0', 120)
    let paused = 0
    const pauses = (async () => {
      for (; paused < 4; paused++) {
        await new Promise(done => setTimeout(done, 12_000))
        await inside(fleet, 'mysql', 'systemctl kill -s STOP mariadb; sleep 2; systemctl kill -s CONT mariadb')
      }
    })()
    const { result } = await running
    await pauses
    const { latency, sent } = result.trials[0]?.all ?? {}
    console.log(`open loop p99 ${latency?.p99} ms, closed loop p99 ${sent?.p99} ms, longest ${latency?.max} ms`)
    expect(latency?.p99).toBeGreaterThan(1000)
    expect(sent?.p99).toBeLessThan((latency?.p99 ?? 0) / 2)
  })

  // A broker of MQTT, and nobody who takes its readings on: MariaDB's pages are written when it sees fit, so that for half a minute a fifth
  // more or fewer readings come, whatever CPU it has; and what a broker keeps for a reader that is slower costs it much more than the rest.
  it(`of ${pairs} pairs alike at most one in twenty is called different, and a tenth less CPU is found in nine of ten`, {
    timeout: 90 * minutes,
  }, async () => {
    const cpus = [0.2, 0.18] as const
    const runs: readonly string[][] = cpus.map(() => [])
    await inside(fleet, 'mysql', 'systemctl stop sink')
    try {
      // In turns, so that what drifts is on both sides.
      for (let round = 0; round < runsOfEach; round++)
        for (const [kind, cpu] of cpus.entries()) {
          await limited({ hub: { cpu } })
          const { out, result } = await bench('--backends', 'awsiot', '--broker', 'hub', '--threads', '256', '--duration', '20s')
          runs[kind]?.push(`${out}.json`)
          console.log(`round ${round + 1}, ${cpu} of a core: ${result.trials[0]?.all.tps.toFixed(0)} a second`)
        }
    } finally {
      await inside(fleet, 'mysql', 'systemctl start sink')
      await limited({})
    }
    // Two sides of a pair have no run in common. Which runs they are is drawn, for more pairs than there are runs for.
    const drawn = (files: readonly string[] = [], random: () => number) =>
      files
        .map(file => ({ file, place: random() }))
        .sort((a, b) => a.place - b.place)
        .map(({ file }) => file)
    const found = await Promise.all(
      Array.from({ length: 1.5 * pairs }, async (_, pair) => {
        const random = seeded(pair + 1)
        const [first, second] = runs.map(files => drawn(files, random))
        const other = pair >= pairs
        const left = pair % 2 ? second : first
        const right = other ? (pair % 2 ? first : second) : left?.slice(ofSide)
        const wanted = !other ? 'no difference seen' : pair % 2 ? 'higher' : 'lower'
        return { wanted, ...(await compared(left?.slice(0, ofSide), right?.slice(0, ofSide))) }
      }),
    )
    const percent = (share = NaN) => `${(share * 100).toFixed(1)} %`
    for (const { wanted, difference, from, to, machine, verdict } of found)
      console.log(`${wanted}: ${percent(difference)} (${percent(from)} to ${percent(to)}; machine ${percent(machine)}) ${verdict}`)
    const [alike, other] = [true, false].map(same => found.filter(({ wanted }) => (wanted === 'no difference seen') === same))
    const right = (list: typeof found = []) => list.filter(({ wanted, verdict }) => verdict === wanted).length
    console.log(`alike ${right(alike)} of ${alike?.length}, a tenth less or more ${right(other)} of ${other?.length}`)
    expect((alike?.length ?? 0) - right(alike)).toBeLessThanOrEqual(Math.ceil((alike?.length ?? 0) / 20))
    expect(right(other)).toBeGreaterThanOrEqual(Math.floor((other?.length ?? 0) * 0.9))
  })
})
