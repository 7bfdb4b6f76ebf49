import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { loadFleet } from '../engine/inventory/load.ts'
import type { Fleet } from '../engine/inventory/types.ts'
import { down, up } from '../lab/index.ts'
import { registry } from './roles.ts'

export const inventory = fileURLToPath(new URL('fleet.yaml', import.meta.url))

/** Boots the hosts that are measured; says what makes the delay. */
export async function bringUp(): Promise<{ readonly fleet: Fleet; readonly delayedBy: string }> {
  const fleet = await loadFleet(inventory, registry)
  let delayedBy = 'nothing'
  await up(fleet, {
    on(event) {
      console.log(event.text)
      if (/netem/.test(event.text)) delayedBy = /no netem/.test(event.text) ? 'a delay line in user space' : "the kernel's netem"
    },
  })
  return { fleet, delayedBy }
}

/** Ends the hosts and all that was made for them. */
export async function takeDown(): Promise<void> {
  await down(await loadFleet(inventory, registry))
}

/**
 * `--runs N`; `--hosts N` at most; `--big MB` gives each host a file of that size; `--keep` leaves the hosts up, `--down` only takes
 * them down.
 */
export function options(runs: number): {
  readonly runs: number
  readonly hosts: number
  readonly big: number
  readonly keep: boolean
  readonly down: boolean
} {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: String(runs) },
      hosts: { type: 'string', default: '4' },
      big: { type: 'string', default: '0' },
      keep: { type: 'boolean', default: false },
      down: { type: 'boolean', default: false },
    },
  })
  return { runs: Number(values.runs), hosts: Number(values.hosts), big: Number(values.big), keep: values.keep, down: values.down }
}
