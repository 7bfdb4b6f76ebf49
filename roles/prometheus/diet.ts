import type { Offered } from '../../engine/offer.ts'
import type { Metrics } from '../offers.ts'
import { selectorsIn, type Matcher, type Selector } from './selectors.ts'

/** A rule of Prometheus' `metric_relabel_configs`. */
export interface Relabelling {
  readonly source_labels?: readonly string[]
  readonly regex: string
  readonly target_label?: string
  readonly replacement?: string
  readonly action: 'replace' | 'keep' | 'labeldrop'
}

/** Labels that Prometheus itself gives to all figures of a target. */
const ofTargets = new Set(['job', 'host', 'instance', '__name__'])
/** Names of this kind are for such rules; Prometheus uses none. */
const mark = '__tmp_wanted'

/**
 * What each job's figures are looked at for: by its own rules and panels, and by those of others that name the job.
 * @throws Error where a query is no PromQL
 */
export function lookedAt(offers: readonly Offered<Metrics>[]): ReadonlyMap<string, readonly Selector[]> {
  const jobs = new Map(offers.map(({ value }) => [value.job, value]))
  const looks = [...jobs.values()].flatMap(({ job, rules = [], panels = [] }) =>
    [...rules.map(({ expr }) => expr), ...panels.flatMap(({ curves }) => curves.map(({ expr }) => expr))]
      .flatMap(selectorsIn)
      .map(selector => ({ job: named(selector) ?? job, selector })),
  )
  return new Map([...jobs.keys()].map(job => [job, looks.flatMap(look => (look.job === job ? [look.selector] : []))]))
}

/** Rules by which of each job's figures those are kept that somebody looks at. */
export const keepsOf = (offers: readonly Offered<Metrics>[]): ReadonlyMap<string, readonly Relabelling[]> =>
  new Map([...lookedAt(offers)].map(([job, selectors]) => [job, dietOf(selectors)]))

const named = ({ matchers }: Selector) => matchers.find(({ label, op }) => label === 'job' && op === '=')?.value

/**
 * Rules by which Prometheus keeps these series of a target, and lets go of all others. What a query does not want (`!=`) is kept, too: there
 * is no regular expression for it. What Prometheus notes of the target itself (`up`) passes by none of these rules.
 */
export function dietOf(selectors: readonly Selector[]): readonly Relabelling[] {
  const names = new Map<string, Set<string>>()
  for (const { name, matchers } of selectors) {
    if (name === 'up') continue
    const wanted = matchers.filter(({ label, op }) => !ofTargets.has(label) && (op === '=' || op === '=~')).sort(byLabel)
    const key = JSON.stringify(wanted.map(each => [each.label, pattern(each)]))
    names.set(key, (names.get(key) ?? new Set()).add(name))
  }
  const marks = [...names].map(([key, wanted]): Relabelling => {
    const labels = JSON.parse(key) as readonly (readonly [string, string])[]
    return {
      source_labels: ['__name__', ...labels.map(([label]) => label)],
      regex: [`(?:${[...wanted].sort().join('|')})`, ...labels.map(([, text]) => `(?:${text})`)].join(';'),
      target_label: mark,
      replacement: 'yes',
      action: 'replace',
    }
  })
  return [...marks, { source_labels: [mark], regex: 'yes', action: 'keep' }, { regex: mark, action: 'labeldrop' }]
}

const byLabel = (one: Matcher, other: Matcher) => (one.label < other.label ? -1 : 1)
const pattern = ({ op, value }: Matcher) => (op === '=' ? value.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : value)
