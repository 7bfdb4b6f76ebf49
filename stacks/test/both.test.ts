import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Synthesised } from './synthesised.ts'

const here = import.meta.dirname
const packages = path.join(here, '../cdktn/node_modules')
const tsx = path.join(here, '../node_modules/tsx/dist/loader.mjs')
/** The fork wants a newer Node than the bindings; it is brought with it. */
const node = path.join(packages, `node-linux-${process.arch}`, 'bin/node')
const have = existsSync(path.join(packages, 'cdktn')) && existsSync(node)
if (!have) console.warn('SKIPPED: the stack on the fork of its bindings: npm run stacks:install:cdktn')

interface Made {
  /** The version of the provider that is asked for. */
  readonly provider: string
  /** What was made, without who made it. */
  readonly stack: unknown
}

function madeBy(program: string, ...words: string[]): Made {
  const text = execFileSync(program, [...words, path.join(here, 'synth-child.ts')], { encoding: 'utf8', cwd: path.join(here, '../..') })
  const { terraform, ...stack } = JSON.parse(text) as Synthesised & Record<string, unknown>
  const made = JSON.stringify({ ...stack, backend: terraform.backend }, (key, value: unknown) => (key === '//' ? undefined : value))
  return { provider: terraform.required_providers.aws.version, stack: JSON.parse(made) as unknown }
}

test.runIf(have)('the bindings and their maintained fork make the same of a fleet', { timeout: 3 * 60_000 }, () => {
  const before = madeBy(process.execPath, '--import', tsx)
  expect(before.stack).toHaveProperty('resource.aws_iot_certificate')
  const after = madeBy(node, '--import', path.join(here, 'instead.mjs'), '--import', tsx)
  expect(after.stack).toEqual(before.stack)
  // It was the other one.
  expect(after.provider).not.toBe(before.provider)
})
