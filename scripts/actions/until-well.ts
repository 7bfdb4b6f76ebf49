import { setTimeout as pause } from 'node:timers/promises'
import { asking } from '../../cli/asking.ts'
import { Failed } from '../../engine/errors.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import type { AnyRole } from '../../engine/role.ts'
import { askedOf, nowScript, readStatus } from '../../engine/status.ts'
import { registry } from '../../roles/index.ts'

/** How a look is made. */
export interface UntilWell {
  readonly acceptNewKeys?: true
  /** Told what is not well yet. */
  progress(text: string): void
  /** Seconds; 600 by default. */
  readonly within?: number
  /** The host itself is not looked at, for it is about to be changed. */
  readonly butItself?: true
  /** What others are ill of is a failure, too; else it is told. */
  readonly all?: true
  /** What is typed once it is mended. */
  readonly again: string
}

/** Do hosts with this role work as one, so that one that is out is missed by the others? */
const isCluster = ({ cluster, ready, operations }: AnyRole) =>
  cluster !== undefined || ready !== undefined || operations?.rebalance !== undefined

/**
 * Waits until the roles of a host are well, and those of other hosts that work as one with them: copies that come back are counted there.
 * What others are still ill of at the end is given, for a person.
 * @throws Failed where the host itself is not well by then, or one of `all`
 */
export async function untilWell(fleet: Fleet, host: Host, options: UntilWell): Promise<readonly string[]> {
  const { progress, acceptNewKeys, within = 600, butItself = false, all = false, again } = options
  const roles = await registry.ofFleet(fleet)
  const lookedAt = (each: Host): AnyRole[] =>
    each.roles.flatMap(name => {
      const role = roles[name]
      if (!role?.status) return []
      if (each === host) return butItself ? [] : [role]
      return host.roles.includes(name) && isCluster(role) ? [role] : []
    })
  const hosts = fleet.hosts.filter(each => lookedAt(each).length > 0)
  const end = Date.now() + within * 1000
  for (;;) {
    const answers = await onEach(fleet, hosts, { acceptNewKeys: acceptNewKeys === true, ...asking() }, async (session, each) => {
      const asked = askedOf(
        { host: each, fleet },
        lookedAt(each),
        role => varsOf(role, each),
        () => 0,
      )
      return readStatus(asked, (await session.run(nowScript(asked), { timeout: 60 })).stdout)
    })
    const ill = [...answers].flatMap(([name, answer]) =>
      'failure' in answer
        ? [{ name, why: answer.failure.message }]
        : answer.value.flatMap(({ role, wrong }) => wrong.map(why => ({ name, why: `${role}: ${why}` }))),
    )
    if (ill.length === 0) return []
    const says = ill.map(({ name, why }) => `${name}: ${why}`)
    if (Date.now() > end) {
      const stops = ill.find(({ name }) => all || name === host.name)
      if (!stops) return says
      throw new Failed({
        host: stops.name,
        message: `${stops.name} is not well after ${within} s: ${stops.why}`,
        output: says,
        hint: `see \`status ${stops.name}\`; then: ${again}`,
      })
    }
    progress(says[0] ?? '')
    await pause(3000)
  }
}
