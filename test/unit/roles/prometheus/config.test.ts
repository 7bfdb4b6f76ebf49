import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Offered } from '../../../../engine/offer.ts'
import type { Metrics } from '../../../../roles/offers.ts'
import { passwordPath, prometheusConfig, prometheusRules, rulesPath } from '../../../../roles/prometheus/config.ts'
import { keepsOf } from '../../../../roles/prometheus/diet.ts'
import { hostsNamed } from '../../engine/run/folder-session.ts'

const offers: readonly Offered<Metrics>[] = hostsNamed(['one', 'fd00::2'], ['oven']).flatMap(host => [
  {
    host,
    role: 'oven',
    value: {
      port: 9100,
      job: 'oven',
      title: 'the oven',
      rules: [{ alert: 'Burnt', expr: 'oven_smoke > 1', for: '1m', severity: 'critical', summary: 'Smoke from {{ $labels.host }}.' }],
    },
  },
  { host, role: 'oven', value: { port: 9101, path: '/figures', job: 'bread', title: 'the bread' } },
])

/** What is kept is what was marked; the mark goes. */
const keeps = [
  { source_labels: ['__tmp_wanted'], regex: 'yes', action: 'keep' },
  { regex: '__tmp_wanted', action: 'labeldrop' },
]

test('asks all of a job alike, each by its host’s name', () => {
  expect(parse(prometheusConfig(offers, { interval: 30, keeps: keepsOf(offers) }))).toEqual({
    global: { scrape_interval: '30s', scrape_timeout: '15s', evaluation_interval: '30s' },
    rule_files: [rulesPath],
    scrape_configs: [
      {
        job_name: 'oven',
        metrics_path: '/metrics',
        metric_relabel_configs: [
          { source_labels: ['__name__'], regex: '(?:oven_smoke)', target_label: '__tmp_wanted', replacement: 'yes', action: 'replace' },
          ...keeps,
        ],
        static_configs: [
          { targets: ['one:9100'], labels: { host: 'one', instance: 'one' } },
          { targets: ['[fd00::2]:9100'], labels: { host: 'fd00::2', instance: 'fd00::2' } },
        ],
      },
      {
        job_name: 'bread',
        metrics_path: '/figures',
        metric_relabel_configs: keeps,
        static_configs: [
          { targets: ['one:9101'], labels: { host: 'one', instance: 'one' } },
          { targets: ['[fd00::2]:9101'], labels: { host: 'fd00::2', instance: 'fd00::2' } },
        ],
      },
    ],
  })
  // A look takes no longer than the time between two.
  expect(prometheusConfig(offers, { interval: 5, keeps: new Map() })).toContain('scrape_timeout: 5s')
})

test('has the rules of a role once, and one for each job that nobody answers for', () => {
  const { groups } = parse(prometheusRules(offers)) as { readonly groups: readonly { readonly name: string; readonly rules: unknown }[] }
  expect(groups.map(({ name }) => name)).toEqual(['oven', 'bread'])
  expect(groups[0]?.rules).toEqual([
    {
      alert: 'OvenAway',
      expr: 'up{job="oven"} == 0',
      for: '5m',
      labels: { severity: 'critical' },
      annotations: { summary: 'the oven on {{ $labels.host }} does not answer.' },
    },
    {
      alert: 'Burnt',
      expr: 'oven_smoke > 1',
      for: '1m',
      labels: { severity: 'critical' },
      annotations: { summary: 'Smoke from {{ $labels.host }}.' },
    },
  ])
})

test('who takes alerts is told of them, by a password that only a file holds', () => {
  const [host] = hostsNamed(['watch'], ['oven'])
  if (!host) throw new Error('no host')
  const login = { user: 'fleet', secret: 'taker/api' }
  const takers = [{ host, role: 'oven', value: { ...login, port: 9093 } }]
  const basic_auth = { username: 'fleet', password_file: passwordPath(login) }
  expect(parse(prometheusConfig(offers, { interval: 30, takers, keeps: keepsOf(offers) }))).toMatchObject({
    alerting: { alertmanagers: [{ basic_auth, static_configs: [{ targets: ['watch:9093'] }] }] },
  })
  const asking = [{ host, role: 'oven', value: { port: 9093, job: 'taker', title: 'the taker', login } }]
  expect(parse(prometheusConfig(asking, { interval: 30, keeps: keepsOf(asking) }))).toMatchObject({
    scrape_configs: [{ job_name: 'taker', basic_auth }],
  })
})
