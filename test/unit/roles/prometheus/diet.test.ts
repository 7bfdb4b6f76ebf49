import { expect, test } from 'vitest'
import type { Offered } from '../../../../engine/offer.ts'
import type { Metrics } from '../../../../roles/offers.ts'
import { dietOf, lookedAt } from '../../../../roles/prometheus/diet.ts'
import { selectorsIn } from '../../../../roles/prometheus/selectors.ts'
import { hostsNamed } from '../../engine/run/folder-session.ts'

test('series and what is wanted of their labels are read out of a query', () => {
  expect(selectorsIn(`sum by (a) (rate(x_total{mode="idle",cpu!="0"}[5m])) / on (b) y{m=~'/|/boot'} > 3 * z`)).toEqual([
    {
      name: 'x_total',
      matchers: [
        { label: 'mode', op: '=', value: 'idle' },
        { label: 'cpu', op: '!=', value: '0' },
      ],
    },
    { name: 'y', matchers: [{ label: 'm', op: '=~', value: '/|/boot' }] },
    { name: 'z', matchers: [] },
  ])
  expect(() => selectorsIn('sum(x')).toThrow('no PromQL')
  expect(() => selectorsIn('{a="b"}')).toThrow('without a name')
})

/** What Prometheus does with a series, by the rules of one target. */
function isKept(series: Readonly<Record<string, string>>, selectors: Parameters<typeof dietOf>[0]): boolean {
  const labels: Record<string, string> = { ...series }
  for (const { action, source_labels = [], regex, target_label, replacement } of dietOf(selectors)) {
    const matches = new RegExp(`^(?:${regex})$`).test(source_labels.map(label => labels[label] ?? '').join(';'))
    if (action === 'keep' && !matches) return false
    if (action === 'replace' && matches) labels[target_label ?? ''] = replacement ?? ''
    if (action === 'labeldrop') for (const label of Object.keys(labels)) if (new RegExp(`^(?:${regex})$`).test(label)) delete labels[label]
  }
  expect(labels).toEqual(series)
  return true
}

test('those are kept that a query looks at, as they are', () => {
  const looks = ['a', 'b{m="/",host="pi"}', 'c{m=~"/|/boot",n!="1"}', 'up == 0'].flatMap(selectorsIn)
  expect(isKept({ __name__: 'a', m: '/any' }, looks)).toBe(true)
  expect(isKept({ __name__: 'b', m: '/' }, looks)).toBe(true)
  expect(isKept({ __name__: 'b', m: '/boot' }, looks)).toBe(false)
  expect(isKept({ __name__: 'c', m: '/boot', n: '1' }, looks)).toBe(true)
  expect(isKept({ __name__: 'ab' }, looks)).toBe(false)
  expect(isKept({ __name__: 'd' }, looks)).toBe(false)
  expect(isKept({ __name__: 'a' }, [])).toBe(false)
})

test('a job is looked at by its own rules and panels, and by who names it', () => {
  const value = (job: string, expr: string): Offered<Metrics>['value'] => ({
    port: 1,
    job,
    title: job,
    panels: [{ title: '', curves: [{ expr, legend: '' }] }],
  })
  const [host] = hostsNamed(['one'], ['oven'])
  if (!host) throw new Error('no host')
  const offers = [value('oven', 'heat + smoke{job="bread"}'), value('bread', 'crust')].map(each => ({ host, role: 'oven', value: each }))
  const names = [...lookedAt(offers)].map(([job, looks]) => [job, looks.map(({ name }) => name)])
  expect(names).toEqual([
    ['oven', ['heat']],
    ['bread', ['smoke', 'crust']],
  ])
})
