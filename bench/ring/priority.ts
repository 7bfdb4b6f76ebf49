import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hierarchies } from '../../lab/cgroup/groups.ts'
import { identityOf } from '../../lab/identity.ts'

/**
 * Lets a lab go before this machine's other work for a while: its hosts then get what their limits allow, and no more. What else runs here has
 * the rest of the cores.
 */
export async function first<Value>(fleet: string, work: () => Promise<Value>): Promise<Value> {
  const all = await hierarchies()
  const v1 = all.v1.get('cpu')
  const file = join(v1 ?? all.v2 ?? '', identityOf(fleet).prefix, v1 ? 'cpu.shares' : 'cpu.weight')
  const usual = await readFile(file, 'utf8')
  await writeFile(file, v1 ? '65536' : '10000')
  try {
    return await work()
  } finally {
    await writeFile(file, usual.trim())
  }
}
