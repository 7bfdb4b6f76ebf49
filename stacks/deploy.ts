import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { writeWhole } from '../engine/whole-file.ts'
import { registry } from '../roles/index.ts'
import { costText } from './cost.ts'
import { placeOf } from './place.ts'
import { ran } from './run.ts'
import { sendersOf } from './senders.ts'
import { settingsOf } from './settings.ts'
import { hasKeysOfAws } from './things.ts'

// Says what it costs, deploys, and writes what AWS made to where the next `provision` finds it. In the project's folder, for the inventory of
// FLEET_INVENTORY, else hosts/pi.yaml; arguments are the command's own.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
const place = placeOf(fleet)
process.stdout.write(costText(sendersOf(fleet, await registry.ofFleet(fleet)), settingsOf(fleet).rule !== undefined))
mkdirSync(path.dirname(place.outputs), { recursive: true, mode: 0o700 })
// In a folder of this run: another deploy of the fleet takes nothing of it away, and what is half written is never in place.
const folder = mkdtempSync(path.join(tmpdir(), 'outputs-'))
try {
  const made = path.join(folder, 'outputs.json')
  // Keys that AWS makes are secret outputs.
  const secret = hasKeysOfAws(fleet) ? ['--outputs-file-include-sensitive-outputs'] : []
  process.exitCode = ran('deploy', fleet, place, ['--outputs-file', made, ...secret, ...process.argv.slice(2)])
  if (process.exitCode === 0 && existsSync(made)) writeWhole(place.outputs, readFileSync(made))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
