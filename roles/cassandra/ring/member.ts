import { spelled } from '../../../engine/inventory/address.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { definesPart, partsOf, rowsOf, type Row } from '../answer.ts'
import { asksListens } from '../config/start.ts'
import { dataNames, stateFolder } from '../config/yaml.ts'
import { asksNode, asksStatus } from './ask.ts'
import { parseStatus, type NodeSeen } from './status.ts'
import { parseNetstats, type Mode, type Streams } from './streams.ts'

/** What one host says of itself and of the ring. */
export interface Member {
  /** systemd's word for the service: `active`, `inactive`, `failed`, `activating` … */
  readonly service: string
  /** None while its server does not answer. */
  readonly mode: Mode | undefined
  readonly streams: Streams
  /** The ring through its eyes, itself included. */
  readonly sees: readonly NodeSeen[]
  /** Its own host ID; none while its server does not answer. */
  readonly id: string | undefined
  /** Where its server listens, or will; none where none is set up. */
  readonly address: string | undefined
  /** CQL answers there, and the fleet may log in. */
  readonly answers: boolean
  /** Tokens of every node it knows, by host ID; none where CQL does not answer. */
  readonly tokens: ReadonlyMap<string, readonly bigint[]>
  /** Schema versions it knows of, its own included: one where all agree. */
  readonly schemas: readonly string[]
  /** Copies of each keyspace that is replicated, by name. */
  readonly copies: ReadonlyMap<string, number>
  /** Work on SSTables under way: `compaction`, `cleanup`, `validation` … */
  readonly tasks: readonly string[]
  /** Bytes where its data lies; none where that is not there yet. */
  readonly disk: { readonly free: number; readonly size: number } | undefined
  /** Something is left in the folders a node must not bring to a new start. */
  readonly remains: boolean
  /** It has tokens for its next start. */
  readonly placed: boolean
  /** Bytes that were moved aside when it left a ring. */
  readonly aside: number
  /** Keyspaces of which a repair is owed. */
  readonly owed: readonly string[]
  /** When the keyspace of readings was last repaired from here, ISO 8601. */
  readonly repaired: string | undefined
}

/** Folders that hold what a node knows and stores. */
export const dataFolders = dataNames.map(name => `${stateFolder}/${name}`)

/** Shell text that asks a host all of this. Two JVMs, one after the other: two at once are a Pi's whole memory. */
export function memberQuestion(keyspace: string): Shell {
  return `${definesPart}
part service; systemctl is-active cassandra 2>/dev/null
part disk; df -B1 --output=avail,size ${stateFolder} 2>/dev/null | tail -n 1
part remains; [ -n "$(find ${dataFolders.join(' ')} -mindepth 1 -print -quit 2>/dev/null)" ] && echo yes
part address; ${asksListens}
part placed; [ -s ${stateFolder}/tokens.yaml ] && echo yes
part aside; du -sb ${stateFolder}/before-rebalance.* 2>/dev/null
part owed; ls /var/lib/provision/owed 2>/dev/null
part repaired; cat /var/lib/provision/cassandra/repaired-${keyspace} 2>/dev/null
if systemctl -q is-active cassandra; then
${asksNode}
part status; ${asksStatus(keyspace)}
part netstats; ask netstats
part cql; [ -n "$deaf" ] || cql --json <<'.' 2>/dev/null
SELECT host_id, broadcast_address, tokens, schema_version FROM system.local;
SELECT peer, host_id, tokens, schema_version FROM system.peers_v2;
SELECT keyspace_name, replication FROM system_schema.keyspaces;
SELECT kind FROM system_views.sstable_tasks;
.
fi
true`
}

/** Reads the answer to `memberQuestion`. */
export function readMember(output: string): Member {
  const parts = partsOf(output)
  const { mode, streams } = parseNetstats(parts.get('netstats') ?? '')
  const rows = rowsOf(parts.get('cql') ?? '')
  const own = rows.find(row => 'broadcast_address' in row)
  const nodes = rows.filter(row => 'host_id' in row && Array.isArray(row['tokens']))
  const sees = parseStatus(parts.get('status') ?? '')
  // With a node down nobody may be able to log in: then it is known by where it listens.
  const listens = (parts.get('address') ?? '').split('\n').filter(Boolean).map(spelled)
  const itself = sees.find(({ address }) => listens.includes(address))
  const [free, size] = (parts.get('disk') ?? '').trim().split(/\s+/).map(Number)
  return {
    service: (parts.get('service') ?? '').trim() || 'inactive',
    mode,
    streams,
    sees,
    id: own ? String(own['host_id']) : itself?.id,
    address: own ? spelled(String(own['broadcast_address'])) : (itself?.address ?? listens.at(-1)),
    answers: own !== undefined,
    tokens: new Map(nodes.map(row => [String(row['host_id']), (row['tokens'] as string[]).map(BigInt).sort((a, b) => (a < b ? -1 : 1))])),
    schemas: [...new Set(nodes.map(row => String(row['schema_version'])))],
    copies: new Map(rows.flatMap(copiesOf)),
    tasks: rows.flatMap(row => (row['kind'] === undefined ? [] : [String(row['kind']).toLowerCase()])),
    disk: free !== undefined && size !== undefined && Number.isFinite(size) ? { free, size } : undefined,
    remains: (parts.get('remains') ?? '').trim() === 'yes',
    placed: (parts.get('placed') ?? '').trim() === 'yes',
    aside: (parts.get('aside') ?? '').split('\n').reduce((sum, line) => sum + (Number(line.split('\t')[0]) || 0), 0),
    owed: (parts.get('owed') ?? '').split('\n').flatMap(name => /^repair-(\w+)$/.exec(name)?.[1] ?? []),
    repaired: (parts.get('repaired') ?? '').trim() || undefined,
  }
}

function copiesOf(row: Row): [string, number][] {
  const { class: kind = '', ...factors } = (row['replication'] ?? {}) as Readonly<Record<string, string>>
  const numbers = Object.values(factors).map(Number)
  return numbers.length === 0 || kind.endsWith('LocalStrategy') ? [] : [[String(row['keyspace_name']), Math.max(...numbers)]]
}
