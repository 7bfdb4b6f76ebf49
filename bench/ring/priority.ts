import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { groupOf, hierarchies } from '../../lab/cgroup/groups.ts'
import { identityOf } from '../../lab/identity.ts'

interface Setting {
  readonly file: string
  readonly value: string
}

/** Sets files of cgroups for as long as the work takes. */
async function meanwhile<Value>(settings: readonly Setting[], work: () => Promise<Value>): Promise<Value> {
  const usual = await Promise.all(settings.map(async ({ file }) => ({ file, value: (await readFile(file, 'utf8')).trim() })))
  try {
    for (const { file, value } of settings) await writeFile(file, value)
    return await work()
  } finally {
    for (const { file, value } of usual) await writeFile(file, value)
  }
}

/**
 * Lets a lab go before this machine's other work for a while: its hosts then get what their limits allow, and no more. What else runs here has
 * the rest of the cores.
 */
export async function first<Value>(fleet: string, work: () => Promise<Value>): Promise<Value> {
  const { v1, v2 = '' } = await hierarchies()
  const cpu = v1.get('cpu')
  const group = identityOf(fleet).prefix
  return meanwhile([cpu ? { file: join(cpu, group, 'cpu.shares'), value: '65536' } : { file: join(v2, group, 'cpu.weight'), value: '10000' }], work)
}

/** Lets hosts use all of the machine for a while: what a server's JIT takes minutes for at a fraction of a core it then does in one. */
export async function unlimited<Value>(fleet: string, hosts: readonly string[], work: () => Promise<Value>): Promise<Value> {
  const { v1, v2 = '' } = await hierarchies()
  const cpu = v1.get('cpu')
  const groups = hosts.map(host => groupOf(identityOf(fleet).prefix, host))
  return meanwhile(groups.map(group => (cpu ? { file: join(cpu, group, 'cpu.cfs_quota_us'), value: '-1' } : { file: join(v2, group, 'cpu.max'), value: 'max' })), work)
}
