import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { prometheusRules } from '../../roles/prometheus/config.ts'
import { cases, offers, promtoolTest } from './rule-cases.ts'
import { mutantsOf, type Rule } from './rule-mutants.ts'

const minutes = 60_000

/** Do the cases of its rule find out that it is another? */
function isFoundOut(folder: string, rule: Rule): boolean {
  const rules = { groups: [{ name: 'mutant', rules: [{ ...rule, labels: { severity: 'none' } }] }] }
  const tests = (cases[rule.alert] ?? []).map(each => promtoolTest(rule.alert, each))
  writeFileSync(path.join(folder, 'rules.yml'), stringify(rules, { lineWidth: 0 }))
  writeFileSync(path.join(folder, 'tests.yml'), stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }))
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.yml'], { cwd: folder, encoding: 'utf8' })
  // What is no rule at all is found out by everybody, and proves nothing.
  if (status === null || /could not parse/.test(stdout + stderr)) throw new Error(`${rule.expr}: ${stdout}${stderr}`)
  return status !== 0
}

it('a rule that is a little different is found out by its cases', { timeout: 20 * minutes }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mutants-'))
  try {
    const { groups } = parse(prometheusRules(offers)) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
    const rules = groups.flatMap(group =>
      group.rules.map(({ alert, expr, for: during }) => ({ alert, expr, ...(during && { for: during }) })),
    )
    // Each as it is passes: else a mutant that falls would tell nothing.
    expect(rules.filter(rule => isFoundOut(folder, rule)).map(({ alert }) => alert)).toEqual([])
    const mutants = rules.flatMap(mutantsOf)
    const survivors = mutants.filter(({ rule }) => !isFoundOut(folder, rule))
    const killed = mutants.length - survivors.length
    console.log(`${killed} of ${mutants.length} mutants of ${rules.length} rules are found out; not these:`)
    for (const { rule, how } of survivors) console.log(`  ${rule.alert}: ${how}: ${rule.expr}`)
    expect(killed / mutants.length).toBeGreaterThanOrEqual(0.9)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
