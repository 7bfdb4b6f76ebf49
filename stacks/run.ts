import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { Fleet } from '../engine/inventory/types.ts'
import type { Place } from './place.ts'
import { isMock } from './provider.ts'

/** The command that belongs to the bindings. */
const command = 'cdktf'

/**
 * Runs it for a fleet, in the project's folder; the person sees it and answers it. Gives its exit code. What it writes is for its owner
 * alone.
 */
export function ran(verb: 'deploy' | 'destroy', fleet: Fleet, { out }: Place, words: readonly string[]): number {
  process.umask(0o077)
  mkdirSync(out, { recursive: true })
  // Against a mock there need be no registry that Terraform could ask for the provider's sums.
  const mocked = isMock(process.env)
  const mock = mocked ? ['--skip-provider-lock'] : []
  const { status, error } = spawnSync(command, [verb, '--output', out, ...mock, ...words], {
    stdio: 'inherit',
    // A mock gets made-up credentials, whatever a person's are.
    env: { ...process.env, ...(mocked && { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }), FLEET_INVENTORY: fleet.file },
  })
  if (error) throw error
  return status ?? 1
}

/** Is nothing left of what was made? `undefined`: it cannot be told. What was only looked up does not count. */
export function nothingLeft({ stack }: Place): boolean | undefined {
  const terraform = process.env['TERRAFORM_BINARY_NAME'] || 'terraform'
  const { status, stdout } = spawnSync(terraform, [`-chdir=${stack}`, 'state', 'list'], {
    encoding: 'utf8',
    env: { ...process.env, ...(isMock(process.env) && { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }) },
  })
  return status === 0 ? !/^(?!data\.)\S/m.test(stdout) : undefined
}
