import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { registry } from '../roles/index.ts'
import { costText } from './cost.ts'
import { placeOf } from './place.ts'
import { ran } from './run.ts'
import { sendersOf } from './senders.ts'
import { settingsOf } from './settings.ts'

// Says what it costs, deploys, and writes what AWS made to where the next `provision` finds it. In the project's folder, for the inventory of
// FLEET_INVENTORY, else hosts/pi.yaml; arguments are the command's own.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
const place = placeOf(fleet)
process.stdout.write(costText(sendersOf(fleet, await registry.ofFleet(fleet)), settingsOf(fleet).rule !== undefined))
mkdirSync(path.dirname(place.outputs), { recursive: true, mode: 0o700 })
// Written beside: what is half written when the power goes would be taken for what is there.
const beside = path.join(path.dirname(place.outputs), '.outputs.json')
rmSync(beside, { force: true })
process.exitCode = ran('deploy', fleet, place, ['--outputs-file', beside, ...process.argv.slice(2)])
if (process.exitCode === 0 && existsSync(beside)) renameSync(beside, place.outputs)
