import { asking } from '../../cli/asking.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { tell } from '../../cli/output.ts'
import type { Deployment } from '../../engine/deployment.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import type { Session } from '../../engine/ssh/session.ts'
import { registry } from '../../roles/index.ts'
import { ranHere } from './here.ts'

/** A role with a deployment, and the hosts it is for. */
export interface Deployed {
  readonly role: string
  readonly deployment: Deployment
  readonly hosts: readonly Host[]
}

/** Deployments of hosts. @throws UsageError where they need none */
export async function deploymentsOf(hosts: readonly Host[]): Promise<readonly Deployed[]> {
  const all = Object.entries(await registry.all()).flatMap(([role, { deployment: load }]) => (load ? [{ role, load }] : []))
  const found = await Promise.all(
    all.map(async ({ role, load }) => ({ role, deployment: await load(), hosts: hosts.filter(host => host.roles.includes(role)) })),
  )
  const needed = found.filter(each => each.hosts.length > 0)
  if (needed.length === 0)
    throw new UsageError('none of these hosts needs a deployment', `hosts with the role ${all.map(({ role }) => role).join(' or ')} do`)
  return needed
}

/** @throws Failed where the program ends with an error, or its person says no */
export async function deploy({ deployment }: Deployed, fleet: Fleet, agreed: boolean): Promise<void> {
  await ranHere(deployment.program(agreed), fleet, { again: 'provision --deploy', asks: !agreed })
}

/** Waits until what was made is at work on each host, and says so. @throws Failed with those where it is not */
export async function seenAtWork({ deployment, hosts }: Deployed, fleet: Fleet, flags: CommonOptions): Promise<void> {
  const open = opener(fleet, { acceptNewKeys: false, secrets: secretsFor(fleet, true), ...asking() })
  const offered = offersOf(fleet, await registry.ofFleet(fleet), varsOf)
  const results = await Promise.allSettled(
    hosts.map(async host => {
      const session = await open(host)
      try {
        let said = ''
        const what = await deployment.seen(host, {
          fleet,
          offered,
          text: (_, shell) => textOf(session, host, shell),
          attempt: async (_, shell) => textOf(session, host, shell).catch(() => undefined),
          progress: text => {
            if (text !== said && !flags.json) tell(`${host.name}: ${text}`)
            said = text
          },
        })
        tell(`${host.name}: ${what}`)
      } finally {
        await session.close()
      }
    }),
  )
  const [first, ...others] = results.flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))
  for (const other of others) tell(other instanceof Error ? other.message : String(other))
  if (first !== undefined) throw first
}

async function textOf(session: Session, { name }: Host, shell: string): Promise<string> {
  const { code, stdout, stderr } = await session.run(shell, { timeout: 60 })
  if (code === 0) return stdout
  throw new Failed({ message: `${name}: it cannot be asked: ${`${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? `exit code ${code}`}` })
}
