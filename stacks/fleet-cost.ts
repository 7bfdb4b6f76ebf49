import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { roles } from '../roles/index.ts'
import { costText } from './cost.ts'
import { sendersOf } from './senders.ts'

// Said before a deploy asks: FLEET_INVENTORY, else hosts/pi.yaml.
process.stdout.write(costText(sendersOf(await loadFleet(findInventory(process.cwd()), roles), roles)))
