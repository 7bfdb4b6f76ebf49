import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { registry } from '../../roles/index.ts'
import { metrics } from '../../roles/offers.ts'
import { lookedAt } from '../../roles/prometheus/diet.ts'
import { rules as ofCollectors } from '../../roles/collector/monitoring.ts'
import { rules as ofPis } from '../../roles/exporters/monitoring.ts'
import { rules as ofMariadb } from '../../roles/mariadb/monitoring.ts'
import { able, eventually, inside, minutes, told, Workplace } from './engine-support.ts'

const roles = await registry.all()

const name = 'testprometheus'
const address = '10.78.44.20'

interface Target {
  readonly health: string
  readonly labels: { readonly job: string; readonly host: string }
}

describe.runIf(able)('a Pi that watches the others', { timeout: 5 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string

  const api = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${address}:9090/api/v1/${path}`, { signal: AbortSignal.timeout(20_000) })
    return ((await answer.json()) as { readonly data: T }).data
  }
  const targets = async () => {
    const { activeTargets } = await api<{ readonly activeTargets: readonly Target[] }>('targets?state=active')
    return Object.fromEntries(activeTargets.map(({ labels, health }) => [`${labels.job} ${labels.host}`, health]))
  }
  const allUp = async () => {
    const seen = Object.values(await targets())
    return seen.length > 0 && seen.every(health => health === 'up')
  }
  /** `nodePort`: of the exporter that each Pi has. */
  const write = (vars: object = {}, nodePort = 9100) =>
    place.write('fleet', name, {
      vars: { exporters: { nodePort } },
      hosts: {
        watch: {
          address,
          user: 'pi',
          model: 'rpi4-1g',
          os: 'trixie',
          roles: ['base', 'mariadb', 'exporters', 'prometheus'],
          vars: { prometheus: { interval: 5, ...vars } },
        },
        other: { address: '10.78.44.21', user: 'pi', model: 'rpi3b+', os: 'bookworm', roles: ['base', 'exporters', 'collector'] },
      },
    })

  beforeAll(async () => {
    file = write()
    fleet = await place.boot(file)
    const { text, code } = await place.provision(file)
    expect([code, text]).toEqual([0, expect.not.stringContaining('FAILED')])
  }, 5 * minutes)
  afterAll(() => place.end(fleet), minutes)

  it('asks all that roles offer, and nothing else', async () => {
    await eventually(allUp, 60)
    expect(Object.keys(await targets()).sort()).toEqual(['collector other', 'mysqld watch', 'node other', 'node watch', 'prometheus watch'])
  })

  it('has the figures that its rules look at', async () => {
    // Not on a virtual Pi: it has no sensors and no such firmware, and its clock is that of the machine below.
    const sensors = /^node_(hwmon|thermal|timex)_/
    // No producer of this fleet has a certificate of AWS.
    const ofAws = 'collector_certificate_issued_timestamp_seconds'
    const wanted = [...ofPis, ...ofCollectors, ...ofMariadb].flatMap(({ expr }) => expr.match(/\b(?:node|collector|mysql)_\w+/g) ?? [])
    const there = new Set(await api<readonly string[]>('label/__name__/values'))
    expect(wanted.filter(each => !there.has(each) && !sensors.test(each) && each !== ofAws)).toEqual([])
    expect(wanted.length).toBeGreaterThan(15)
    // What services write, of which there are some that do.
    expect(there).toContain('pi_written_bytes_total')
    expect(await api<{ readonly groups: readonly { readonly name: string }[] }>('rules')).toMatchObject({
      groups: expect.arrayContaining([expect.objectContaining({ name: 'node' })]) as unknown,
    })
  })

  it('keeps few series that nothing looks at, and misses none', async () => {
    // Since it was started: before, the server ran with Debian's own settings for a moment, when its package was installed.
    const started = Number(await inside(fleet, 'watch', 'date -d "$(systemctl show -P ActiveEnterTimestamp prometheus)" +%s'))
    const since = `start=${Math.max(started + 1, Date.now() / 1000 - 60)}&end=${Date.now() / 1000}`
    const series = (...matches: readonly string[]) =>
      api<readonly Readonly<Record<string, string>>[]>(
        `series?${since}&${matches.map(each => `match[]=${encodeURIComponent(each)}`).join('&')}`,
      )
    // What Prometheus notes of each target and each alert itself costs no exporter anything.
    const own = /^(up|scrape_.*|ALERTS.*)$/
    const kept = (await series('{__name__!=""}')).filter(({ __name__ = '' }) => !own.test(__name__))
    const looks = [...lookedAt(offersOf(fleet, roles, varsOf)(metrics))].flatMap(([job, selectors]) =>
      selectors.map(({ name: of, matchers }) => {
        const wanted = matchers
          .filter(({ label }) => label !== 'job')
          .map(({ label, op, value }) => `${label}${op}${JSON.stringify(value)}`)
        return `${of}{${[`job="${job}"`, ...wanted].join(',')}}`
      }),
    )
    const used = (await series(...looks)).filter(({ __name__ = '' }) => !own.test(__name__))
    console.log(`${used.length} of ${kept.length} series that are kept are looked at`)
    expect(used.length).toBeGreaterThan(50)
    expect(used.length / kept.length).toBeGreaterThanOrEqual(0.8)
    const scraped = await api<{ readonly result: readonly { readonly value: readonly [number, string] }[] }>(
      `query?query=${encodeURIComponent('sum(scrape_samples_scraped)')}`,
    )
    expect(Number(scraped.result[0]?.value[1])).toBeGreaterThan(5 * kept.length)
  })

  it('is left alone the second time, and within its memory', async () => {
    expect((await place.provision(file)).text).toContain('Nothing to change')
    const rss = Number(await inside(fleet, 'watch', 'ps -o rss= -p "$(systemctl show -P MainPID prometheus)"'))
    expect(rss / 1024).toBeLessThan(192)
    expect(await inside(fleet, 'watch', `journalctl -b -u prometheus -o cat | grep -ciE 'permission denied|read-only' || true`)).toBe('0')
  })

  it('tells who is away by its status, takes a change of the inventory while it runs, and a target that moved is the same one', async () => {
    await inside(fleet, 'other', 'systemctl stop prometheus-node-exporter')
    await eventually(async () => (await targets())['node other'] === 'down', 60)
    const { text } = told(await place.command('status', ['--inventory', file, 'watch']))
    expect(text).toContain('node on other does not answer it')
    const process = () => inside(fleet, 'watch', 'systemctl show -P MainPID prometheus')
    const before = await process()
    file = write({ interval: 6 }, 9101)
    const changed = await place.provision(file)
    expect([changed.code, changed.text]).toEqual([0, expect.stringContaining('reload (/etc/prometheus/fleet.yml)')])
    await eventually(allUp, 60)
    const seen = async () => {
      const query = encodeURIComponent('up{job="node"}')
      const { result } = await api<{
        readonly result: readonly { readonly metric: Target['labels']; readonly value: readonly unknown[] }[]
      }>(`query?query=${query}`)
      return result.map(({ metric, value }) => `${metric.host} ${String(value[1])}`).sort()
    }
    expect(await seen()).toEqual(['other 1', 'watch 1'])
    expect(await process()).toBe(before)
  })
})
