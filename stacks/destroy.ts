import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { keptOf } from '../engine/kept.ts'
import { outputsName } from '../roles/awsiot/names.ts'
import { destroyedText } from '../roles/awsiot/outputs.ts'
import { registry } from '../roles/index.ts'
import { placeOf } from './place.ts'
import { nothingLeft, ran } from './run.ts'

// Takes away from AWS all that was deployed, and notes that: the next `provision` takes the certificates from the Pis. In the project's
// folder, for the inventory of FLEET_INVENTORY, else hosts/pi.yaml; arguments are the command's own.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
const place = placeOf(fleet)
process.exitCode = ran('destroy', fleet, place, process.argv.slice(2))
// Whatever it says: what counts is what is left.
const kept = keptOf(fleet.file, 'awsiot')
const nothing = kept(outputsName) ? nothingLeft(place) : true
if (nothing === undefined)
  process.stdout.write('there is no state to be read: whether all was destroyed is not known, and nothing is noted\n')
else if (!nothing) process.stdout.write('not all was destroyed: run it again; until then Pis keep their certificates\n')
else if (kept(outputsName)) {
  kept.keep(outputsName, Buffer.from(destroyedText(new Date())))
  process.stdout.write('noted: the next provision takes the certificates from the Pis\n')
}
