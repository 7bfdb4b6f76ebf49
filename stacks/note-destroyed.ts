import { existsSync, readFileSync } from 'node:fs'
import { findInventory } from '../engine/inventory/find.ts'
import { keptOf } from '../engine/kept.ts'
import { outputsName, stackName } from '../roles/awsiot/names.ts'
import { destroyedText } from '../roles/awsiot/outputs.ts'
import { stateHasObjects } from './state.ts'

// After a destroy: FLEET_INVENTORY, else hosts/pi.yaml.
const state = `terraform.${stackName}.tfstate`
const kept = keptOf(findInventory(process.cwd()), 'awsiot')
if (kept(outputsName)) {
  if (!existsSync(state)) process.stdout.write(`there is no ${state} here: whether all was destroyed is not known, and nothing is noted\n`)
  else if (stateHasObjects(readFileSync(state, 'utf8')))
    process.stdout.write('not all was destroyed: run it again; until then Pis keep their certificates\n')
  else {
    kept.keep(outputsName, Buffer.from(destroyedText(new Date())))
    process.stdout.write('noted: the next provision takes the certificates from the Pis\n')
  }
}
