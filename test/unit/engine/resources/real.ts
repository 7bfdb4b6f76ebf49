import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { plan } from '../../../../engine/plan/plan.ts'
import { question } from '../../../../engine/plan/observe.ts'
import type { AnyResource } from '../../../../engine/resources/kind.ts'
import { bash } from '../bash.ts'

let state: string | undefined

/** Stands for /var/lib/provision: this machine is no Pi. */
export function provisionFolder(): string {
  if (state === undefined) {
    const made = mkdtempSync(path.join(tmpdir(), 'provision-'))
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
    state = made
  }
  return state
}

const here = (text: string) => text.replaceAll('/var/lib/provision', provisionFolder())

const planned = (resources: readonly AnyResource[]) => {
  const wanted = resources.map(resource => ({ role: 'test', resource }))
  const asked = question(wanted)
  return plan(wanted, asked.read(bash(here(asked.script)).stdout))
}

/** What would change, asked of this machine for real. */
export function differs(...resources: AnyResource[]): string[] {
  return planned(resources).items.flatMap(({ name, changes }) => changes.map(({ does }) => `${name}: ${does}`))
}

/** Makes it so for real, and sees that it then is; returns what was changed. */
export function mend(...resources: AnyResource[]): string[] {
  const before = differs(...resources)
  for (const step of planned(resources).items.flatMap(item => item.steps)) {
    if ('upload' in step) copyFileSync(step.upload, step.to)
    else if ('run' in step) expect(bash(here(step.run))).toMatchObject({ code: 0, stderr: '' })
  }
  expect(differs(...resources)).toEqual([])
  return before
}
