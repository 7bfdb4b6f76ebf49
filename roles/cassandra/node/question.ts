import { spelled } from '../../../engine/inventory/address.ts'
import { detachedState } from '../../../engine/operation/detached.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { asksListens } from '../config/start.ts'
import { aloneMark, seedsOverride } from '../config/yaml.ts'
import { asksNode, dataFolders, parseNetstats } from '../ring/index.ts'
import { cleaningUnit, leavingUnit, tokensFile } from './commands.ts'
import type { Joined, NodeState, Work } from './port.ts'

const section = '\u001d'

/** Shell text that asks a Pi for its node's state: one JVM, and none while the service does not run. */
export const stateQuestion: Shell = `part() { printf '${section}%s\\n' "$1"; }
part service; systemctl show -p ActiveState -p NRestarts cassandra 2>/dev/null
part address; ${asksListens}
part remains; [ -n "$(find ${dataFolders.join(' ')} -mindepth 1 -print -quit 2>/dev/null)" ] && echo yes
part tokens; [ -s ${tokensFile} ] && { echo placed; sed -n 's/^initial_token: *//p' ${tokensFile}; }
part alone; grep -sx '${aloneMark}' ${seedsOverride}
part leaving; ${detachedState(leavingUnit)}
part cleaning; ${detachedState(cleaningUnit)}
${asksNode}
systemctl -q is-active cassandra && { part netstats; ask netstats; }
true`

const parts = (output: string) =>
  new Map(
    output.split(section).map(part => {
      const end = part.indexOf('\n')
      return [part.slice(0, end), part.slice(end + 1)] as const
    }),
  )

/** Reads the answer to `stateQuestion`. */
export function readState(output: string): NodeState {
  const said = parts(output)
  const service = said.get('service') ?? ''
  const { mode, streams } = parseNetstats(said.get('netstats') ?? '')
  const [placed, tokens = ''] = (said.get('tokens') ?? '').split('\n')
  return {
    service: /^ActiveState=(.*)$/m.exec(service)?.[1] ?? 'inactive',
    restarts: Number(/^NRestarts=(\d+)$/m.exec(service)?.[1] ?? 0),
    mode,
    streams,
    addresses: [...new Set((said.get('address') ?? '').split('\n').filter(Boolean).map(spelled))],
    remains: (said.get('remains') ?? '').trim() === 'yes',
    tokens: placed === 'placed' ? tokens.replaceAll(/['" ]/g, '').split(',').filter(Boolean) : undefined,
    alone: (said.get('alone') ?? '').trim() !== '',
    leaving: workOf(said.get('leaving')),
    cleaning: workOf(said.get('cleaning')),
  }
}

function workOf(text = ''): Work {
  const word = text.trim()
  return word === '' ? 'none' : word === 'running' ? 'running' : word === '0' ? 'done' : 'failed'
}

/** Shell text that asks a node that is one what it was given. What streamed to it is kept by the server for as long as its data. */
export const joinedQuestion: Shell = `cql --json <<'.' 2>/dev/null
SELECT host_id, tokens FROM system.local;
SELECT keyspace_name, full_ranges FROM system.available_ranges_v2;
.
true`

/** Reads the answer to `joinedQuestion`; undefined where nobody could log in. */
export function readJoined(output: string): Joined | undefined {
  const rows = output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const own = rows.find(row => 'host_id' in row)
  if (!own) return undefined
  return {
    id: String(own['host_id']),
    tokens: own['tokens'] as string[],
    received: rows.flatMap(row =>
      Array.isArray(row['full_ranges']) && row['full_ranges'].length > 0 ? [String(row['keyspace_name'])] : [],
    ),
  }
}
