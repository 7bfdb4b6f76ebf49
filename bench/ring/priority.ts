import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
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
    // A newline alone: the file was empty.
    for (const { file, value } of usual) await writeFile(file, `${value}\n`)
  }
}

/**
 * Lets a lab go before this machine's other work for a while: its hosts then get what their limits allow, and no more. What else runs here
 * has the rest of the cores.
 */
export async function first<Value>(fleet: string, work: () => Promise<Value>): Promise<Value> {
  const { v1, v2 = '' } = await hierarchies()
  const cpu = v1.get('cpu')
  const group = identityOf(fleet).prefix
  return meanwhile(
    [cpu ? { file: join(cpu, group, 'cpu.shares'), value: '65536' } : { file: join(v2, group, 'cpu.weight'), value: '10000' }],
    work,
  )
}

/**
 * Keeps the nodes on one processor and what loads them on another for a while. Programs that wander push each other's data out of the
 * caches: with all three busy an INSERT then costs a node a third more than alone, which no Pi would ever feel of another.
 */
export async function apart<Value>(
  fleet: string,
  nodes: readonly string[],
  others: readonly string[],
  work: () => Promise<Value>,
): Promise<Value> {
  if (availableParallelism() < 2) throw new Error('this machine has one processor: nodes and the load tool need one each')
  const { v1, v2 = '' } = await hierarchies()
  const root = v1.get('cpuset') ?? v2
  const on =
    (processor: string) =>
    (host: string): Setting => ({ file: join(root, groupOf(identityOf(fleet).prefix, host), 'cpuset.cpus'), value: processor })
  return meanwhile([...nodes.map(on('1')), ...others.map(on('0'))], work)
}

/** Lets hosts use all of the machine for a while: what a server's JIT takes minutes for at a fraction of a core it then does in one. */
export async function unlimited<Value>(fleet: string, hosts: readonly string[], work: () => Promise<Value>): Promise<Value> {
  const { v1, v2 = '' } = await hierarchies()
  const cpu = v1.get('cpu')
  const groups = hosts.map(host => groupOf(identityOf(fleet).prefix, host))
  return meanwhile(
    groups.map(group =>
      cpu ? { file: join(cpu, group, 'cpu.cfs_quota_us'), value: '-1' } : { file: join(v2, group, 'cpu.max'), value: 'max' },
    ),
    work,
  )
}
