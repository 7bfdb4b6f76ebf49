import { findInventory } from '../engine/inventory/find.ts'
import { loadFleet } from '../engine/inventory/load.ts'
import { openAuthority, type Authority } from '../engine/ca/authority.ts'
import { keptOf } from '../engine/kept.ts'
import { openSecrets } from '../engine/secrets/secrets.ts'
import { stackName } from '../roles/awsiot/names.ts'
import { registry } from '../roles/index.ts'
import { App } from './bindings.ts'
import { FleetStack } from './fleet-stack.ts'
import { signedByFleet } from './own-ca.ts'
import { placeOf, refuseFormerState } from './place.ts'
import { isMock, providerOf } from './provider.ts'
import { settingsOf } from './settings.ts'
import { thingsOf } from './things.ts'

// The whole fleet of an inventory: FLEET_INVENTORY, else hosts/pi.yaml.
const fleet = await loadFleet(findInventory(process.cwd()), registry)
const place = placeOf(fleet)
refuseFormerState(place, process.cwd())
const { rule, state } = settingsOf(fleet)
const kept = keptOf(fleet.file, 'awsiot')
const authority = () => (ca ??= openAuthority(openSecrets(fleet.file), fleet.name, false))
let ca: Promise<Authority> | undefined
const things = await signedByFleet(thingsOf(fleet, kept), authority, kept)
for (const { name, certificates, keyOfAws } of things)
  if (certificates.length === 0 && keyOfAws === undefined)
    process.stdout.write(`${name} has no certificate yet: provision ${name} --role awsiot, and deploy again\n`)
const given = things.filter(({ keyOfAws }) => keyOfAws !== undefined).map(({ name }) => name)
if (given.length > 0)
  process.stdout.write(
    `WARNING: AWS makes the private key of ${given.join(', ')}: Terraform's state and ${place.outputs} hold it in the clear. ` +
      'Whoever reads one of them can send as that thing\n',
  )

const app = new App()
new FleetStack(app, {
  fleet: fleet.name,
  things,
  state: state ? { ...state, name: `temperature/${fleet.name}/${stackName}.tfstate`, mock: isMock(process.env) } : { file: place.state },
  rule,
  ca: things.some(({ signedBy }) => signedBy === 'fleet') ? (await authority()).certificate : undefined,
  provider: providerOf(process.env),
  providerVersion: process.env['TF_AWS_PROVIDER_VERSION'],
})
app.synth()
