import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { prometheusConfig, prometheusRules, rulesPath } from '../../roles/prometheus/config.ts'
import { keepsOf } from '../../roles/prometheus/diet.ts'
import { cases, offers, promtoolTest } from './rule-cases.ts'

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert: string }[] }[]
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rules-'))
  writeFileSync(path.join(folder, 'rules.yml'), prometheusRules(offers))
})
afterAll(() => rmSync(folder, { recursive: true }))
const promtool = (...words: string[]) => execFileSync('promtool', words, { encoding: 'utf8', cwd: folder })
const alerts = () => (parse(prometheusRules(offers)) as Rules).groups.flatMap(group => group.rules.map(({ alert }) => alert))

it('the configuration is one that Prometheus takes, with each role’s figures', () => {
  // Passwords of others lie on a Pi; it looks whether they are there.
  writeFileSync(
    path.join(folder, 'prometheus.yml'),
    prometheusConfig(offers, { interval: 30, keeps: keepsOf(offers) })
      .replace(rulesPath, path.join(folder, 'rules.yml'))
      .replaceAll(/password_file: .*/g, `password_file: ${path.join(folder, 'rules.yml')}`),
  )
  expect(promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS')
  expect(promtool('check', 'rules', 'rules.yml')).toContain(`${alerts().length} rules found`)
})

it('each rule is proven here, by when it fires and by when it does not, and each alert has a name of its own', () => {
  expect(alerts().sort()).toEqual(Object.keys(cases).sort())
  const unproven = Object.entries(cases).filter(
    ([alert, each]) => !each.some(({ fires }) => fires) || (alert !== 'Watchdog' && each.every(({ fires }) => fires)),
  )
  expect(unproven.map(([alert]) => alert)).toEqual([])
})

it('each fires when it should, and is silent when it should be', () => {
  const tests = Object.entries(cases).flatMap(([alert, each]) => each.map(one => promtoolTest(alert, one)))
  writeFileSync(path.join(folder, 'tests.yml'), stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }))
  expect(promtool('test', 'rules', 'tests.yml')).toContain('SUCCESS')
})
