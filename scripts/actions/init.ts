import { existsSync, mkdirSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { tellFailure } from '../../cli/failures.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { print, tell } from '../../cli/output.ts'
import { question } from '../../cli/question.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { parseFacts } from '../../engine/facts.ts'
import { parseHostFlag, type FlaggedHost } from '../../engine/inventory/host-flag.ts'
import { parseFleet } from '../../engine/inventory/parse.ts'
import { displayPath } from '../../engine/inventory/paths.ts'
import { isHostName } from '../../engine/inventory/schema.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { inventoryText, type WrittenHost } from '../../engine/inventory/written.ts'
import { onEach, type Answer } from '../../engine/run/on-each.ts'
import { writeNew } from '../../engine/whole-file.ts'
import { registry } from '../../roles/index.ts'

/** The command line of `fleet init`. */
export interface InitFlags {
  readonly host?: readonly string[]
  readonly user?: string
  readonly fleet?: string
  readonly identity?: string
  readonly knownHosts?: string
  readonly offline?: true
  readonly acceptNewKeys?: true
}

/** Writes an inventory of Pis that are named, after asking them what they are. One that is there is never overwritten. */
export async function init(flags: InitFlags & CommonOptions): Promise<void> {
  const file = path.resolve(flags.inventory ?? (process.env['FLEET_INVENTORY'] || 'hosts/pi.yaml'))
  const display = displayPath(file, process.cwd())
  if (existsSync(file)) throw alreadyThere(display)
  const base = path.basename(file).replace(/\.ya?ml$/, '')
  const fleet = flags.fleet ?? (isHostName(base) ? base : 'home')
  const given = flags.host ? { ...flags, hosts: flags.host.map(parseHostFlag) } : { ...flags, ...(await asked(flags)) }
  const hosts = given.hosts.map(host => ({ ...(flags.user !== undefined && { user: flags.user }), ...host }))
  const ssh = {
    ...(flags.identity !== undefined && { identity: asWritten(flags.identity) }),
    ...(flags.knownHosts !== undefined && { knownHosts: asWritten(flags.knownHosts) }),
  }
  const roles = await registry.all()
  const write = { fleet, ssh, roles: registry.names }
  // Before a Pi is asked: two that are one, or a name that is none, are told at once.
  const planned = parseFleet(inventoryText({ ...write, hosts }), file, roles, { display })
  const found = flags.offline ? hosts : await askPis(planned, hosts, given.acceptNewKeys === true)
  if (!found) return
  const text = inventoryText({ ...write, hosts: found })
  const { hosts: written } = parseFleet(text, file, roles, { display })
  mkdirSync(path.dirname(file), { recursive: true })
  try {
    writeNew(file, text)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(display) : error
  }
  const flag = display === path.join('hosts', 'pi.yaml') ? '' : ` --inventory ${display}`
  const listed = written.map(({ name, address, user, port, model }) => ({ name, address, user, port, model: model ?? null }))
  print(
    flags.json,
    { file, hosts: listed },
    () => `${display}: ${written.length} ${written.length === 1 ? 'host' : 'hosts'}\nnext: provision --check${flag}\n`,
  )
}

const alreadyThere = (display: string) =>
  new UsageError(`${display} is there already, and is not overwritten`, 'name another file: --inventory hosts/NAME.yaml')

/** A path as the file has it, which may lie elsewhere than where we are: from the root, or from the home of whoever reads it. */
function asWritten(given: string): string {
  const absolute = path.resolve(given)
  const home = path.relative(homedir(), absolute)
  return home.startsWith('..') || path.isAbsolute(home) ? absolute : `~/${home}`
}

/** Asks a person for the Pis, one after the other. */
async function asked(flags: InitFlags): Promise<{ readonly hosts: readonly FlaggedHost[]; readonly acceptNewKeys?: true }> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError('no Pi is named', 'name each: fleet init --host producer1=192.168.1.21 --host mysql=192.168.1.90')
  const hosts: FlaggedHost[] = []
  for (;;) {
    const name = await answer(`Name of ${hosts.length === 0 ? 'a Pi' : 'the next one (empty: no more)'}: `)
    if (name === '' && hosts.length > 0) break
    try {
      hosts.push(parseHostFlag(`${name}=${name === '' ? '' : await answer(`Address of ${name}, [user@]address[:port]: `)}`))
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      tell(`${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`)
    }
  }
  if (flags.acceptNewKeys || flags.offline) return { hosts }
  const trust = await answer('Trust the host keys of Pis that were never seen before? [y/N] ')
  return { hosts, ...(/^y/i.test(trust) && { acceptNewKeys: true }) }
}

/** @throws Failed where the input ends: that is no answer. */
async function answer(text: string): Promise<string> {
  const typed = await question(text)
  if (typed === undefined) throw new Failed({ message: 'nothing was written' })
  return typed
}

/** The hosts with what they said; undefined, told why, where one said nothing. Who logs in as `pi` in vain, tries the own name. */
async function askPis(fleet: Fleet, hosts: readonly WrittenHost[], acceptNewKeys: boolean): Promise<readonly WrittenHost[] | undefined> {
  const ask = (of: Fleet): Promise<ReadonlyMap<string, Answer<WrittenHost['facts']>>> =>
    onEach(of, of.hosts, { acceptNewKeys, ...asking() }, async session => parseFacts(session.facts))
  const answers = new Map(await ask(fleet))
  const own = userInfo().username
  const refused = fleet.hosts.filter(({ name, stated }) => {
    const said = answers.get(name)
    return said && 'failure' in said && said.failure.code === 'login-refused' && !stated?.includes('user')
  })
  const again = await ask({ ...fleet, hosts: refused.map(host => ({ ...host, user: own, stated: [...(host.stated ?? []), 'user'] })) })
  const others = new Set([...again].flatMap(([name, said]) => ('value' in said ? [name] : [])))
  for (const name of others) answers.set(name, again.get(name) as Answer<WrittenHost['facts']>)
  const failures = [...answers].flatMap(([name, said]) => ('failure' in said ? [[name, said.failure] as const] : []))
  if (failures.length > 0) {
    for (const [name, failure] of failures) tellFailure(name, failure)
    tell('Nothing was written. With --offline it is, as you named them.')
    process.exitCode = exitCodes.failed
    return undefined
  }
  return hosts.map(host => {
    const said = answers.get(host.name)
    return { ...host, ...(others.has(host.name) && { user: own }), ...(said && 'value' in said && said.value && { facts: said.value }) }
  })
}
