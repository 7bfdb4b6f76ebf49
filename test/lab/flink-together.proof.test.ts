import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { groupOf, hierarchies } from '../../lab/cgroup/groups.ts'
import { readUsage, usageFiles } from '../../lab/cgroup/usage.ts'
import { identityOf } from '../../lab/identity.ts'
import { up } from '../../lab/index.ts'
import { able, expectPlain, minutes, Workplace } from './engine-support.ts'
import { JobsPi } from './flink-jobs-support.ts'

const MiB = 2 ** 20
const last = Number(process.env['FLINK_MINUTES'] ?? 30)
const rams = (process.env['FLINK_RAM'] ?? '1024,2048').split(',').map(Number)
const units = ['kafka', 'kafka-guard', 'mariadb', 'flink-jobmanager', 'flink-taskmanager'] as const

/**
 * `npm run proof:flink-together`: broker, store and both processes of Flink with their jobs on one Pi, under 100 readings/s for `FLINK_MINUTES`.
 * What each holds, the peak of a submission, and whether the kernel had to end anybody. A Pi that the planner refuses is made with more memory,
 * in the sizes of a small one, and has the rest taken away before the load: what is measured is what it holds, not what was promised.
 */
describe.runIf(able).each(rams)('broker, store and Flink on one Pi of %i MiB', { timeout: (last + 15) * minutes }, ram => {
  const place = new Workplace()
  const name = `testflink${ram}`
  let fleet: Fleet
  let file: string

  const write = (memory: number, interval = 1000) =>
    place.write('fleet', name, {
      hosts: {
        one: {
          address: '10.78.68.20',
          user: 'pi',
          model: 'rpi4-2g',
          os: 'bookworm',
          roles: ['base', 'kafka', 'mariadb', 'flink'],
          lab: { cpu: 1.6, memory: `${memory} MiB` },
          vars: {
            kafka: { heap: 96, partitions: 12 },
            mariadb: { bufferPool: 32 * MiB },
            flink: { jobs: ['averages', 'anomalies'], slots: 2 },
          },
        },
        house: {
          address: '10.78.68.21',
          user: 'pi',
          model: 'rpi4-1g',
          os: 'bookworm',
          roles: ['base', 'collector'],
          vars: { collector: { interval } },
        },
      },
    })
  const provision = async () => {
    const run = await place.provision(file)
    expect([run.code, run.text]).toEqual([0, expect.not.stringContaining('FAILED')])
    expectPlain(run)
  }

  afterAll(() => place.end(fleet), minutes)

  it('holds what was promised at most, also when jobs are submitted, and nobody is ended for want of memory', async () => {
    file = write(Math.max(ram, 1700), 10)
    fleet = await place.boot(file)
    const pi = new JobsPi(fleet, 'one')
    await pi.watchSubmissions()
    await provision()
    const rested = await pi.resident(units)
    if (ram < 1700) await up(await place.load((file = write(ram, 10))))

    const files = usageFiles(await hierarchies(), groupOf(identityOf(name).prefix, 'one'))
    let [charged, readings] = [0, await pi.on('mariadb -BN temperature -e "SELECT COUNT(*) FROM reading"')]
    const first = Number(readings)
    const began = performance.now()
    // Twice in that time the JobManager ends, and the keeper submits all jobs again beside everything else.
    for (let killed = 0; performance.now() - began < last * minutes; await sleep(2000)) {
      const usage = readUsage(files)
      if (usage) charged = Math.max(charged, usage.charged - usage.cache)
      if (performance.now() - began > ((killed + 1) * last * minutes) / 3 && killed < 2) {
        await pi.on('systemctl kill -s KILL flink-jobmanager')
        killed++
      }
    }
    readings = await pi.on('mariadb -BN temperature -e "SELECT COUNT(*) FROM reading"')
    const seconds = (performance.now() - began) / 1000
    const held = await pi.resident(units)
    const promised = JSON.parse((await place.command('status', ['--inventory', file, '--json'])).stdout ?? '{}') as Roles
    const roles = Object.fromEntries((promised['one']?.roles ?? []).map(({ role, planned }) => [role, Math.round(planned / MiB)]))
    console.log(
      [
        `${ram} MiB, ${Math.round(seconds / 60)} minutes, ${((Number(readings) - first) / seconds).toFixed(0)} readings/s stored; promised by role: ${JSON.stringify(roles)}`,
        ...units.map(unit => `${unit}: RSS at rest ${rested[unit]?.now}, at the end ${held[unit]?.now}, at most ${held[unit]?.most} MiB`),
        `a submission: RSS at most ${await pi.submission()} MiB`,
        `the whole Pi, without files in the page cache: at most ${Math.round(charged / MiB)} MiB`,
      ].join('\n'),
    )
    expect(await pi.outOfMemory()).toBe(0)
    expect(await pi.on(`systemctl show -P NRestarts ${['kafka', 'mariadb', 'flink-taskmanager'].join(' ')} | sort -u | xargs`)).toBe('0')
  })
})

type Roles = Readonly<Record<string, { readonly roles: readonly { readonly role: string; readonly planned: number }[] }>>
