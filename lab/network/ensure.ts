import type { Fleet } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'
import { identityOf } from '../identity.ts'
import { attempt, run, runAll } from '../run.ts'
import { type Subnet, subnetOf } from './addressing.ts'
import { makeBridge } from './bridge.ts'
import { forwarding, raise } from '../machine-setting.ts'
import { deviceExists } from './line.ts'
import { chains } from './nat.ts'

/**
 * The lab's own network: bridge, way out, forwarding. May be repeated.
 * @throws LabError when the machine already has that network elsewhere
 */
export async function ensureNetwork(fleet: Fleet): Promise<void> {
  const id = identityOf(fleet.name)
  const subnet = subnetOf(fleet)
  const { stdout } = await attempt(['ip', '-o', '-4', 'address', 'show', 'dev', id.bridge])
  if (!stdout.includes(` ${subnet.gateway}/24 `)) {
    if (deviceExists(id.bridge)) await run(['ip', 'link', 'delete', id.bridge])
    await refuseTaken(subnet)
    await runAll(makeBridge(id, subnet))
  }
  await run(['ip', 'link', 'set', id.bridge, 'up'])
  for (const chain of chains(id, subnet)) {
    await attempt(chain.make)
    await runAll(chain.fill)
    if ((await attempt(chain.check)).code !== 0) await run(chain.jump)
  }
  await raise(forwarding, 1)
}

async function refuseTaken(subnet: Subnet): Promise<void> {
  const { stdout } = await attempt(['ip', '-o', '-4', 'route', 'show', 'root', subnet.cidr])
  if (stdout.trim() !== '') {
    throw new LabError(
      `This machine already uses ${subnet.cidr}: ${stdout.trim().split('\n')[0]}`,
      'Give the hosts of the inventory addresses of another /24, or take the other lab down.',
    )
  }
}

/** Takes the lab's chains and bridge away. Hosts' links must be gone. */
export async function removeNetwork(fleetName: string): Promise<void> {
  const id = identityOf(fleetName)
  for (const chain of chains(id)) {
    while ((await attempt(chain.unjump)).code === 0);
    await attempt(chain.empty)
    await attempt(chain.remove)
  }
  if (deviceExists(id.bridge)) await attempt(['ip', 'link', 'delete', id.bridge])
}
