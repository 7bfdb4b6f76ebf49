import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { keptOf } from '../engine/kept.ts'
import { registry } from '../roles/index.ts'
import { App } from './bindings.ts'
import { FleetStack } from './fleet-stack.ts'
import { providerOf } from './provider.ts'
import { thingsOf } from './things.ts'

// The whole fleet of an inventory: FLEET_INVENTORY, else hosts/pi.yaml.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
const things = thingsOf(fleet, keptOf(fleet.file, 'awsiot'))
for (const { name, certificates } of things)
  if (certificates.length === 0) process.stdout.write(`${name} has no certificate yet: provision ${name} --role awsiot, and deploy again\n`)

const app = new App()
new FleetStack(app, {
  fleet: fleet.name,
  things,
  provider: providerOf(process.env),
  providerVersion: process.env['TF_AWS_PROVIDER_VERSION'],
})
app.synth()
