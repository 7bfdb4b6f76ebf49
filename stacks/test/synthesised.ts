import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { account } from '../../test/unit/stacks/data-plane.ts'
import { App, Testing } from '../bindings.ts'
import { FleetStack, type FleetStackOptions } from '../fleet-stack.ts'
import type { Policy } from '../../roles/producer-policy.ts'
import type { Thing } from '../things.ts'

export type Objects = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface Synthesised {
  readonly resource: Readonly<Record<string, Objects | undefined>>
  readonly output: Readonly<Record<string, { readonly value: unknown }>>
  readonly terraform: {
    readonly required_providers: { readonly aws: { readonly version: string } }
    readonly backend: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
}

/** What the bindings make of things, as text and read. */
export function synth(
  things: readonly Thing[],
  options: Partial<FleetStackOptions> = {},
): { readonly text: string; readonly stack: Synthesised } {
  const outdir = mkdtempSync(path.join(tmpdir(), 'synth-'))
  try {
    const app = Testing.stubVersion(new App({ outdir, stackTraces: false }))
    const text = Testing.synth(
      new FleetStack(app, { fleet: 'pi', things, state: { file: '/state' }, provider: { region: 'eu-central-1' }, ...options }),
    )
    return { text, stack: JSON.parse(text) as Synthesised }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

export const wanted = (fingerprint: string, active = true) => ({
  request: { pem: `-----BEGIN CERTIFICATE REQUEST-----\n${fingerprint}\n-----END CERTIFICATE REQUEST-----\n`, fingerprint },
  active,
})
export const producer1: Thing = {
  name: 'producer1',
  attributes: { model: 'rpi1b', location: 'roof' },
  certificates: [wanted('aaaa')],
  signedBy: 'aws',
}
export const producer2: Thing = { name: 'producer2', attributes: { location: 'cellar' }, certificates: [], signedBy: 'aws' }

/** The policy as it stands in the file. */
export const policyText = (stack: Synthesised): string => String(stack.resource['aws_iot_policy']?.['policy']?.['policy'])

/** The policy as Terraform hands it to AWS: its own expressions are the account, and two dollars are one. */
export function handedPolicy(): Policy {
  const text = policyText(synth([producer1]).stack)
  return JSON.parse(text.replaceAll(/(?<!\$)\$\{(?!iot:)[^}]*\}/g, () => account).replaceAll('$${', () => '${')) as Policy
}
