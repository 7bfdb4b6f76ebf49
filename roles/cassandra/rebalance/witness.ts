import { Failed } from '../../../engine/run/failure.ts'
import { parseStatus } from '../ring/index.ts'
import type { Tools } from './tools.ts'

/** Nodes of the ring as a host sees them; none where its server does not answer. */
export async function seenBy(host: string, { hosts, keyspace }: Tools) {
  const { stdout } = await hosts.run(host, `nodetool status ${keyspace} 2>/dev/null || nodetool status 2>/dev/null; true`)
  return parseStatus(stdout)
}

/** Is it a node for anybody but itself? Asked of all others that answer, one at least. @throws Failed where none does */
export async function known(id: string, tools: Tools): Promise<string | undefined> {
  let answers = 0
  for (const other of tools.others) {
    const nodes = await seenBy(other, tools)
    if (nodes.length > 0) answers++
    if (nodes.some(node => node.id === id)) return other
  }
  if (answers === 0) throw new Failed({ message: 'no other node of the ring answers', hint: 'start one of them (`systemctl start cassandra`), then: rebalance --resume' })
  return undefined
}
