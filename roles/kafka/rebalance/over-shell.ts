import { Failed } from '../../../engine/errors.ts'
import type { Hosts } from '../../../engine/operation/index.ts'
import { doesErrand } from '../admin/run.ts'
import type { StorageSeen } from '../admin/quorum.ts'
import type { Member as Broker } from '../members.ts'
import { operation } from './operation.ts'
import type { ClusterHosts, Member, Seen } from './port.ts'

type Asked = Parameters<typeof doesErrand>[1]

const everything = ['quorum', 'moves', 'throttles'] as const

/** A cluster whose brokers are asked and changed on their Pis. `brokers`: those of the inventory, and who leaves. */
export function overShell(hosts: Pick<Hosts, 'run' | 'attempt' | 'text'>, brokers: readonly Broker[]): ClusterHosts {
  const own = (host: string) => brokers.filter(each => each.host.name === host)
  const ask = async (host: string, at: readonly Broker[], errand: Asked): Promise<unknown> => {
    const { code, stdout, stderr } = await hosts.run(host, doesErrand(at, { timeout: 30, ...errand }), 180)
    if (code === 0) return JSON.parse(stdout)
    throw new Failed({
      message: `${host}: ${stderr.trim().split('\n').at(-1) ?? `kafka-admin ended with exit code ${code}`}`,
      hint: `\`journalctl -u kafka\` there may tell why; then: ${operation.command} --resume`,
    })
  }
  const anyOf = (host: string) => [...own(host), ...brokers.filter(each => each.host.name !== host)]
  return {
    member: async host => ({
      ...((await ask(host, own(host), { ask: [...everything, 'held'] })) as Omit<Member, 'id'>),
      id: own(host)[0]?.id ?? -1,
    }),
    seen: async host => (await ask(host, anyOf(host), { ask: everything })) as Seen,
    storage: async host =>
      ((await ask(host, anyOf(host), { ask: ['storage'] })) as { readonly storage: Readonly<Record<number, StorageSeen>> }).storage,
    change: async (host, change) => void (await ask(host, anyOf(host), { change })),
    async stop(host, dead) {
      const off = 'systemctl disable -q --now kafka'
      if (dead) await hosts.attempt(host, off)
      else await hosts.text(host, off, 180)
    },
  }
}
