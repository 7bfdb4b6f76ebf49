import type { RingHosts } from './port.ts'

/**
 * Lets the seeds of the inventory count again for a node that is one. A node that was made its own seed stays so while it is alone: by
 * the seeds of the inventory, none of which is a node, it would never start again. True where it is done.
 */
export async function settles(node: string, hosts: RingHosts): Promise<boolean> {
  const { alone } = await hosts.state(node)
  if (alone && (await hosts.sees(node)).length < 2) return false
  await hosts.perform(node, { do: 'settle' })
  return true
}
