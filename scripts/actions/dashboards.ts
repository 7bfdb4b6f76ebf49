import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { CommonOptions } from '../../cli/options.ts'
import { print } from '../../cli/output.ts'
import { displayPath } from '../../engine/inventory/paths.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { writeWhole } from '../../engine/whole-file.ts'
import { dashboardsOf } from '../../roles/dashboards.ts'
import { registry } from '../../roles/index.ts'
import { metrics } from '../../roles/offers.ts'
import { fleetOf } from './fleet-of.ts'

/** Writes the dashboards of a fleet's roles into a folder, for a Grafana to import. Files of these names are replaced. */
export async function dashboards(folder: string, options: CommonOptions): Promise<void> {
  const fleet = await fleetOf('fleet', options)
  const made = dashboardsOf(fleet.name, offersOf(fleet, await registry.ofFleet(fleet), varsOf)(metrics))
  mkdirSync(folder, { recursive: true })
  const files = made.map(({ name }) => path.join(folder, name))
  for (const [index, { json }] of made.entries()) writeWhole(files[index] as string, json)
  print(
    options.json,
    files,
    () =>
      `${files.map(file => `${displayPath(path.resolve(file), process.cwd())}\n`).join('')}In Grafana: Dashboards, New, Import; it asks for the Prometheus to read.\n`,
  )
}
