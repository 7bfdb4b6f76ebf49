import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { registry } from '../roles/index.ts'
import { costText } from './cost.ts'
import { sendersOf } from './senders.ts'

// Said before a deploy asks: FLEET_INVENTORY, else hosts/pi.yaml.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
process.stdout.write(costText(sendersOf(fleet, await registry.ofFleet(fleet))))
