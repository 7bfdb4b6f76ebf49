import type { Act, ActContext } from '../../engine/act.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { Failed } from '../../engine/errors.ts'
import { rowsOf } from './answer.ts'
import { askedText, statement, type Statement } from './cql/asked.ts'
import { nodesOf } from './nodes.ts'
import { listsOwed, owes, paid, readOwed, type Owed } from './owed.ts'
import { isEverywhere, repair, repairOf, type Repair } from './repair.ts'
import { systemCopies } from './ring/copies.ts'
import { parseStatus, systemKeyspaces } from './ring/index.ts'
import { alterCopies, copiesIn, misfits, replicationOf, replicationText, type Replication } from './system-keyspaces.ts'

export interface CopiesSpec {
  readonly keyspace: string
  readonly datacenter: string
  /** Copies that are wanted; there are never more than nodes. */
  readonly replication: number
}

export interface CopiesSeen {
  /** Nodes of the ring, up or not. */
  readonly nodes: number
  /** Of the keyspace and of those the server makes, where they are there. */
  readonly replications: ReadonlyMap<string, Replication>
  /** Repairs this Pi has written down and not seen done. */
  readonly owed: readonly Owed[]
}

/** How many copies a keyspace is to have. */
export interface Altered {
  readonly keyspace: string
  readonly from: Replication
  readonly to: Replication
}

export const wantedReplication = (spec: CopiesSpec, nodes: number) =>
  replicationOf(spec.datacenter, Math.max(1, Math.min(spec.replication, nodes)))

/** Keyspaces whose copies are to change: accounts first, for whoever cannot log in can do nothing else. */
export function altered(spec: CopiesSpec, { nodes, replications }: CopiesSeen): Altered[] {
  const from = replications.get(spec.keyspace)
  const to = wantedReplication(spec, nodes)
  const [accounts, ...others] = misfits(replications, spec.datacenter).sort(
    (a, b) => Number(b.keyspace === 'system_auth') - Number(a.keyspace === 'system_auth'),
  )
  const own = from && replicationText(from) !== replicationText(to) ? [{ keyspace: spec.keyspace, from, to }] : []
  return accounts?.keyspace === 'system_auth' ? [accounts, ...own, ...others] : [...own, ...(accounts ? [accounts] : []), ...others]
}

/** What of the rest the server keeps is history: nobody misses it on a node. */
const isKept = (spec: CopiesSpec, keyspace: string) => keyspace === spec.keyspace || keyspace === 'system_auth'

/** What is to be done about copies, a line each. */
export function toldOfCopies(spec: CopiesSpec, seen: CopiesSeen): string[] {
  const alters = altered(spec, seen)
  return [
    ...repairsOwed(spec, seen).map(({ keyspace }) => `repair of ${keyspace} that is owed`),
    ...alters.map(
      ({ keyspace, from, to }) =>
        `keyspace ${keyspace}: ${replicationText(from)} → ${replicationText(to)}${repairText(spec, seen, { keyspace, from, to })}`,
    ),
  ]
}

function repairText(spec: CopiesSpec, { nodes }: CopiesSeen, { keyspace, from, to }: Altered): string {
  if (nodes < 2 || !isKept(spec, keyspace) || copiesIn(from) === copiesIn(to)) return ''
  return copiesIn(to) > copiesIn(from) ? ', then its repair' : ', after a repair'
}

/** Repairs of keyspaces that are there, of those that are owed; accounts first. */
function repairsOwed(spec: CopiesSpec, { owed, replications, nodes }: CopiesSeen): (Repair & { readonly debt: Owed })[] {
  return ['system_auth', spec.keyspace].flatMap(keyspace => {
    const debt = owed.find(({ work }) => work === repairOf(keyspace))
    const replication = replications.get(keyspace)
    return debt && replication ? [{ keyspace, debt, stamp: debt.since, everywhere: isEverywhere(copiesIn(replication), nodes), nodes }] : []
  })
}

/** Shell text that prints what repairs are owed here. */
export const asksOwedRepairs = listsOwed(repairOf(''))

/** Statements that ask how many nodes and copies there are. */
export const copiesQuestion = (keyspace: string): readonly Statement[] => [
  statement('SELECT peer FROM system.peers_v2'),
  statement('SELECT keyspace_name, replication FROM system_schema.keyspaces WHERE keyspace_name IN ?', [keyspace, ...systemKeyspaces]),
]

/** Reads the rows of both questions. */
export function readCopies(rows: readonly Readonly<Record<string, unknown>>[]): CopiesSeen {
  return {
    nodes: rows.filter(row => row['peer'] !== undefined).length + 1,
    replications: new Map(
      rows.flatMap(row =>
        row['keyspace_name'] === undefined ? [] : [[String(row['keyspace_name']), row['replication'] as Replication] as const],
      ),
    ),
    owed: rows.flatMap(readOwed),
  }
}

/**
 * Gives keyspaces the copies they should have, and every node the rows it is to hold by them. What was seen at the time of the plan may be
 * over: the ring is asked again. A repair is written down on every node before a copy more is asked for, and struck out when it was seen
 * done: until then a new copy is empty, and a read that asks it finds nothing. Before a copy less is asked for, the others get what only
 * that one has.
 */
export function settleCopies(spec: CopiesSpec): Act {
  return async context => {
    const { $ } = context
    const { stdout } = await $`bash -c ${asksOwedRepairs}; cql --json --wait 60 <<< ${askedText(copiesQuestion(spec.keyspace))}`
    const seen = readCopies(rowsOf(stdout))
    const { nodes } = seen
    const alters = altered(spec, seen)
    if (alters.length && nodes > 1) await $`bash -c ${whole}`
    const raised = new Set(alters.filter(({ from, to }) => copiesIn(to) > copiesIn(from)).map(({ keyspace }) => keyspace))
    for (const owed of repairsOwed(spec, seen)) {
      // One that is raised now is repaired after that.
      if (raised.has(owed.keyspace)) continue
      await repair(owed, context)
      await strikeOut(owed.debt, context)
    }
    for (const { keyspace, from, to } of alters) {
      const alter = () => $`cql --wait 60 <<< ${askedText([alterCopies(keyspace, to)])}`
      const stamp = String(Date.now())
      if (nodes === 1 || !isKept(spec, keyspace)) await alter()
      else if (raised.has(keyspace)) {
        const debt = { work: repairOf(keyspace), since: stamp }
        await writeDown(debt, context)
        await alter()
        await repair({ keyspace, stamp, everywhere: isEverywhere(copiesIn(to), nodes), nodes }, context)
        await strikeOut(debt, context)
      } else {
        if (copiesIn(to) < copiesIn(from))
          await repair({ keyspace, stamp, everywhere: isEverywhere(copiesIn(from), nodes), nodes }, context)
        await alter()
      }
    }
  }
}

/**
 * Repairs the accounts where that is owed. It logs in nowhere: a node whose copy of them is empty yet lets nobody in, and so nothing else
 * could be asked.
 */
export const repairOwedAccounts: Act = async context => {
  const debt = rowsOf((await context.$`bash -c ${asksOwedRepairs}`).stdout)
    .flatMap(readOwed)
    .find(({ work }) => work === repairOf('system_auth'))
  if (!debt) return
  const nodes = parseStatus((await context.$`nodetool status`).stdout).length
  // Of no nodes every one holds all: one repair would count for all of them.
  if (nodes === 0)
    throw new Failed({
      message: 'the accounts are owed a repair, and `nodetool status` names no node: how many there are is not known',
      hint: `wait until \`nodetool status\` on ${context.host.name} names every node, then run again`,
    })
  await repair({ keyspace: 'system_auth', stamp: debt.since, everywhere: isEverywhere(systemCopies.system_auth, nodes), nodes }, context)
  await strikeOut(debt, context)
}

/** On every node: whichever is looked at next knows of it. Here it must be, elsewhere it need not. */
async function writeDown(debt: Owed, context: ActContext): Promise<void> {
  await context.$`bash -c ${owes(debt)}`
  await elsewhere(context, shell => shell`bash -c ${owes(debt)}`)
}

async function strikeOut(debt: Owed, context: ActContext): Promise<void> {
  await elsewhere(context, shell => shell`bash -c ${paid(debt)}`)
  await context.$`bash -c ${paid(debt)}`
}

async function elsewhere({ host, fleet, on }: ActContext, work: (shell: ActContext['$']) => Promise<unknown>): Promise<void> {
  // One that cannot be reached is told of when it is to repair; what it keeps written down it repairs once more than it had to.
  await Promise.allSettled(
    nodesOf(fleet)
      .filter(({ name }) => name !== host.name)
      .map(async other => work(await on(other))),
  )
}

/**
 * Fails unless the server names nodes, each up and normal: one that says nothing says no. The server refuses as well, in words that name no
 * node.
 */
export const whole: Shell = `seen=$(/usr/local/bin/nodetool status 2>/dev/null | grep -E '^[UD?][NLJM] ' | cut -c1-30)
only='numbers of copies can only be changed while every node is up and normal'
[ -n "$seen" ] || { echo "$only, and nodetool status names none: is this server up?" >&2; false; } && {
away=$(printf '%s\\n' "$seen" | grep -v '^UN')
[ -z "$away" ] || { printf '%s; now:\\n%s\\nBring that node back, or give it up: nodetool removenode\\n' "$only" "$away" >&2; false; }; }`
