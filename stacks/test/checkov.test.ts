import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { producer1, producer2, synth, wanted } from './synthesised.ts'

/** A checkov of one's own, e.g. of a virtual environment: CHECKOV; else the one of the PATH. */
const program = process.env['CHECKOV'] || 'checkov'
const have = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
if (!have)
  console.warn('SKIPPED: checkov on the synthesised stack: it is missing (pip install checkov in a virtual environment, CHECKOV=…)')

interface Report {
  readonly results: { readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[] }
  readonly summary: { readonly passed: number; readonly failed: number; readonly parsing_errors: number }
}

function scanned(text: string): Report {
  const folder = mkdtempSync(path.join(tmpdir(), 'checkov-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(path.join(folder, 'cdk.tf.json'), text)
  const args = ['-d', folder, '--framework', 'terraform_json', 'secrets', '-o', 'json', '--quiet', '--skip-download', '--soft-fail']
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const start = stdout.search(/[[{]/)
  if (start < 0) throw new Error(`checkov said nothing: ${stderr}`)
  const said = JSON.parse(stdout.slice(start)) as Report | readonly Report[] | { readonly failed: number }
  const reports = Array.isArray(said) ? (said as readonly Report[]) : [said as Report]
  const results = reports.filter(each => 'results' in each)
  return {
    results: { failed_checks: results.flatMap(each => each.results.failed_checks) },
    summary: {
      passed: results.reduce((sum, each) => sum + each.summary.passed, 0),
      failed: results.reduce((sum, each) => sum + each.summary.failed, 0),
      parsing_errors: results.reduce((sum, each) => sum + each.summary.parsing_errors, 0),
    },
  }
}

test.runIf(have)('checkov finds nothing in the synthesised stack, and finds an open bucket put beside it', { timeout: 5 * 60_000 }, () => {
  const things = [{ ...producer1, certificates: [wanted('bbbb'), wanted('aaaa', false)] }, producer2]
  const { text } = synth(things, { rule: { bucket: 'readings' }, ca: 'the fleet’s CA' })
  const { results, summary } = scanned(text)
  expect(results.failed_checks.map(({ check_id: id, resource }) => `${id} ${resource}`)).toEqual([])
  expect(summary.parsing_errors).toBe(0)
  // What it would find, it can: else nothing found says nothing.
  const stack = JSON.parse(text) as { resource: Record<string, unknown> }
  stack.resource['aws_s3_bucket'] = { open: { bucket: 'open' } }
  expect(scanned(JSON.stringify(stack)).summary.failed).toBeGreaterThan(0)
})
