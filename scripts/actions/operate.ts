import { asking } from '../../cli/asking.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { tell } from '../../cli/output.ts'
import { personAt } from '../../cli/person.ts'
import { Failed } from '../../engine/errors.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import {
  Hosts,
  journalOnHost,
  lead,
  roleMeant,
  sealSecret,
  type Operation,
  type RoleOperations,
  type Seal,
} from '../../engine/operation/index.ts'
import { thisRun } from '../../engine/run/lock.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import type { Session } from '../../engine/ssh/session.ts'
import { registry } from '../../roles/index.ts'
import { fleetOf } from './fleet-of.ts'
import { ranHere } from './here.ts'
import { quietFor } from './quiet-for.ts'
import { provisionShown } from './provision.ts'
import type { OperationFlags } from './operation-flags.ts'

type Flags = OperationFlags & CommonOptions

/**
 * Leads a long operation of a role: exit code 2 where `--check` found something to do, 1 where it is refused, 75 where another run is at
 * work on its hosts.
 */
export async function operate(command: keyof RoleOperations, words: readonly string[], flags: Flags): Promise<void> {
  const fleet = await fleetOf(command, flags)
  const roles = await registry.all()
  const { role, names } = roleMeant(command, words, fleet, roles)
  const load = roles[role]?.operations?.[command]
  if (!load) throw new Failed({ message: `the role ${role} has no ${command}` })
  const { operation, course } = await load()
  const open = openerFor(fleet, flags)
  const hosts = new Hosts({
    operation,
    open,
    ...(!flags.check && { owner: thisRun(operation.command) }),
    waiting: (host, what) => tell(`${host}: waiting for ${what}`),
  })
  const seal = sealOf(fleet, operation, flags)
  const quiet = quietFor(fleet, await registry.ofFleet(fleet), operation.command, flags)
  try {
    const ready = course(
      { fleet, names, flags },
      {
        hosts,
        seal,
        tell,
        provision: name => provisioned(fleet, { hosts, operation }, name, flags),
        here: words => ranHere(words, fleet, { again: `${operation.command} --resume` }),
        offered: offersOf(fleet, roles, varsOf),
      },
    )
    const quietly: typeof ready = {
      ...ready,
      take(step, journal, progress) {
        quiet.about(step.node)
        return ready.take(step, journal, progress)
      },
    }
    process.exitCode = await lead(quietly, { fleet, hosts, seal, flags, open, person: personAt(flags) })
  } finally {
    await Promise.all([quiet.over(), hosts.close()])
  }
}

/**
 * What journals of this fleet are sealed with; its secret is made when it is first asked for. Where nothing may be written and there is no
 * secret yet, there is no journal either.
 */
function sealOf(fleet: Fleet, { files }: Operation, flags: Flags): Seal {
  let key: string | undefined
  return {
    fleet: fleet.name,
    get key() {
      key ??= secretsFor(fleet, flags.check === true).get(sealSecret(files))
      return key
    },
  }
}

function openerFor(fleet: Fleet, flags: Flags): (name: string) => Promise<Session> {
  const open = opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, secrets: secretsFor(fleet, true), ...asking() })
  return async name => {
    const host = fleet.hosts.find(each => each.name === name)
    if (!host) throw new Failed({ message: `there is no host "${name}" in this fleet` })
    return open(host)
  }
}

async function provisioned(
  fleet: Fleet,
  { hosts, operation }: { readonly hosts: Hosts; readonly operation: Operation },
  name: string,
  flags: Flags,
): Promise<void> {
  // To anybody else the host is one whose ring is about to change.
  await hosts.text(name, `rm -f ${journalOnHost(operation.files)}`)
  await hosts.release(name)
  const results = await provisionShown(
    fleet,
    fleet.hosts.filter(host => host.name === name),
    { parallel: '1', yes: true, ...(flags.json && { json: true }), ...(flags.acceptNewKeys && { acceptNewKeys: true }) },
  )
  const { failure } = results.get(name) ?? {}
  if (failure) throw new Failed({ ...failure, hint: `${failure.hint ?? 'mend the cause'}; then: ${operation.command} --resume` })
}
