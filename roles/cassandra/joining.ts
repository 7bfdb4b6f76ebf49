import { setTimeout as pause } from 'node:timers/promises'
import type { ActContext } from '../../engine/act.ts'
import { Failed } from '../../engine/run/failure.ts'
import { firstOptions } from './config/jvm.ts'
import { drawnTokensYaml, seedsOverride, seedsYaml, stateFolder, tokensYaml } from './config/yaml.ts'
import { writes } from './config/write.ts'
import { members } from './members.ts'
import { placeOf, type Silent } from './place.ts'
import { memberQuestion, parseNetstats, parseStatus, readMember, stateText, systemFactor, type Member } from './ring/index.ts'
import { ringText } from './ring-text.ts'
import type { CassandraVars } from './vars.ts'

const tokensFile = `${stateFolder}/tokens.yaml`
const firstFile = `${stateFolder}/first.options`

/** Exit 0 where a node has all it needs to start: fixed before its first start, and never again. */
export const placed = `[ -s ${tokensFile} ] && [ -e ${firstFile} ]`
/** Exit 0 where the node's seeds are those of the inventory. */
export const settled = `[ ! -e ${seedsOverride} ]`

/** Looks at every other member, and writes where this node goes. */
export async function takePlace({ $, host, fleet, on, say }: ActContext, vars: CassandraVars): Promise<void> {
  const ask = async (shell: typeof $): Promise<Member> => readMember((await shell`bash -c ${memberQuestion(vars.keyspace)}`).stdout)
  const own = await ask($)
  // A change of the ring has chosen its tokens already.
  if (own.placed) {
    await $`bash -c ${writes(firstFile, firstOptions(systemFactor(members(fleet).length)))}`
    return
  }
  const others = await Promise.all(members(fleet).filter(({ name }) => name !== host.name).map(async (other): Promise<[string, Member | Silent]> => {
    try {
      return [other.name, await ask(await on(other))]
    } catch (error) {
      return [other.name, { silent: error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error) }]
    }
  }))
  const addresses = (await $`getent ahostsv4 ${host.address} || true`).stdout.split('\n').map(line => line.split(' ')[0] ?? '').filter(Boolean)
  const place = placeOf({ host, fleet, vars, own, others: new Map(others), addresses: [host.address, ...addresses] })
  const tokens = typeof place.tokens === 'number' ? drawnTokensYaml(place.tokens) : tokensYaml(place.tokens)
  // The tokens last: where they are, all is.
  const files = [writes(firstFile, firstOptions(systemFactor(place.nodes))), writes(seedsOverride, seedsYaml(place.seeds)), writes(tokensFile, tokens)]
  await $`bash -c ${files.join(' && ')}`
  for (const reason of place.because) say(reason)
}

/** Minutes without any sign of progress after which a node that starts or joins is given up. */
const patience = 15

/** Waits until the node is one of the ring and answers, then takes its other seeds away. */
export async function becomeMember({ $, host, say, until }: ActContext, vars: CassandraVars): Promise<void> {
  let last = ''
  let since = Date.now()
  let told = false
  let restarts: number | undefined
  for (;;) {
    const { stdout } = await $`systemctl show -p ActiveState -p NRestarts cassandra; nodetool netstats 2>/dev/null || true`
    const { mode, streams } = parseNetstats(stdout)
    const state = /^ActiveState=(.*)$/m.exec(stdout)?.[1]
    const count = Number(/^NRestarts=(\d+)$/m.exec(stdout)?.[1] ?? 0)
    restarts ??= count
    if (mode === 'NORMAL') break
    if (mode !== undefined && mode !== 'JOINING' && mode !== 'STARTING')
      throw new Failed({ message: `its node is ${mode}: a change of the ring is under way, or was cut off`, hint: 'finish it: rebalance --resume' })
    const now = `${mode} ${streams.received}`
    if (now !== last) {
      if (streams.toReceive > 0 && !told) say(`takes its part of the data, ${(streams.toReceive / 2 ** 20).toFixed(1)} MiB to begin with`)
      told ||= streams.toReceive > 0
      last = now
      since = Date.now()
    }
    if (state === 'failed' || state === 'inactive' || count >= restarts + 2 || Date.now() - since > patience * 60_000) {
      const words = (await $`journalctl -u cassandra -n 80 -o cat --no-pager | grep -E 'ERROR|Exception|WARN' | tail -n 8 || true`).stdout
      throw new Failed({
        message: state === 'active' ? `it does not join the ring: nothing new for ${patience} minutes` : 'it does not join the ring: its server ends again and again',
        output: words.trim().split('\n').filter(Boolean),
        hint: `mend the cause, then run the same command again; \`journalctl -u cassandra\` on ${host.name} has all of it`,
      })
    }
    await pause(1000)
  }
  await until(() => $`exec 3<>/dev/tcp/${host.address}/${vars.port}`, 120)
  await $`rm -f ${seedsOverride}`
}

/** Looks whether every member that runs sees this node up and normal; throws where one does not yet. */
export async function seenByAll({ $, host, fleet, on }: ActContext, vars: CassandraVars): Promise<string> {
  const id = (await $`cql -e ${'SELECT host_id FROM system.local'}`).stdout.trim()
  const status = async (shell: typeof $) => parseStatus((await shell`nodetool status ${vars.keyspace}`).stdout)
  const check = (by: string, nodes: ReturnType<typeof parseStatus>) => {
    const seen = nodes.find(node => node.id === id)
    if (!seen?.up || seen.state !== 'normal') throw new Error(`${by} sees ${host.name} ${seen ? stateText(seen) : 'not at all'}`)
  }
  const own = await status($)
  check(host.name, own)
  for (const other of members(fleet)) {
    if (other.name === host.name) continue
    const shell = await on(other).catch(() => undefined)
    // Who does not run has no say.
    if (shell && (await shell`systemctl is-active cassandra || true`).stdout.trim() === 'active') check(other.name, await status(shell))
  }
  return ringText(own, fleet)
}
