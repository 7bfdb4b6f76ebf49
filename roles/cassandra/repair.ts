import type { Act, ActContext } from '../../engine/act.ts'
import { Failed } from '../../engine/run/failure.ts'
import { detached, detachedState } from './detached.ts'
import { isMember } from './members.ts'

const hours = 6

/**
 * Gives every node the copies it should have by now of a keyspace: each repairs the ranges it is the first to hold. It goes on where a link breaks, as a
 * unit of its own on the Pi.
 */
export function repair(keyspace: string): Act {
  return async context => {
    for (const host of context.fleet.hosts.filter(isMember)) await repairOn(host.name, keyspace, context)
  }
}

async function repairOn(name: string, keyspace: string, { host, fleet, $, on, until, say }: ActContext): Promise<void> {
  const other = fleet.hosts.find(each => each.name === name)
  const shell = name === host.name || !other ? $ : await on(other).catch(() => undefined)
  if (!shell) return say(`${name} cannot be asked: run \`nodetool repair -full -pr ${keyspace}\` there`)
  // Who does not run is no node: every node is up when copies are changed.
  if ((await shell`systemctl is-active cassandra || true`).stdout.trim() !== 'active') return
  const unit = `repair-${keyspace}`
  await shell`bash -c ${detached(unit, `/usr/local/bin/nodetool repair -full -pr ${keyspace}`)}`
  say(`${name} copies what it is to hold of ${keyspace} by now (nodetool repair)`)
  let code = ''
  await until(async () => {
    code = (await shell`bash -c ${detachedState(unit)}`).stdout.trim()
    if (code === '' || code === 'running') throw new Error('it is not done yet')
  }, hours * 3600)
  if (code !== '0')
    throw new Failed({
      message: `${name} could not copy what it is to hold of ${keyspace}`,
      output: (await shell`tail -n 8 /run/${unit}.log`).stdout.trim().split('\n'),
      hint: `mend the cause, then run \`nodetool repair -full -pr ${keyspace}\` on every node`,
    })
}
