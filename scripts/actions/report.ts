import path from 'node:path'
import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { passing, print } from '../../cli/output.ts'
import { Failed, toFailure } from '../../engine/errors.ts'
import { displayPath } from '../../engine/inventory/paths.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { offersOf, type OfferedBy } from '../../engine/offer.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import type { Session } from '../../engine/ssh/session.ts'
import { writeWhole } from '../../engine/whole-file.ts'
import { addressOf, apiAt, apiOver } from '../../charts/api.ts'
import { fromPrometheus, type Told } from '../../charts/from-prometheus.ts'
import { fromStores } from '../../charts/from-stores.ts'
import { countOf, type Note } from '../../charts/picture.ts'
import { spanOf } from '../../charts/span.ts'
import { registry } from '../../roles/index.ts'
import { figureServers, pastReadings, type Span } from '../../roles/offers.ts'
import { fleetOf } from './fleet-of.ts'

/** The command line of `report`. */
export interface ReportFlags {
  readonly since: string
  readonly out?: string
  readonly from?: string
  readonly acceptNewKeys?: true
}

/**
 * Writes a report of a fleet. Exit code 1 where a question had no answer: the page tells which, and is written all the same.
 * @throws {Failed} where nobody can be asked, and no page is written
 */
export async function report(flags: ReportFlags & CommonOptions): Promise<void> {
  const span = spanOf(flags.since, new Date())
  const from = flags.from === undefined ? undefined : addressOf(flags.from)
  const fleet = await fleetOf('report', flags)
  const offered = offersOf(fleet, await registry.ofFleet(fleet), varsOf)
  const told = from ? await overHttp(offered, span, from) : await overSsh(fleet, offered, span, flags.acceptNewKeys === true)
  const made = { fleet: fleet.name, hosts: fleet.hosts.length, span, made: Math.floor(Date.now() / 1000), ...told }
  passing('')
  const file = path.resolve(flags.out ?? `${fleet.name}-report.html`)
  const [{ pageOf }, { pageParts }] = await Promise.all([import('../../charts/page.ts'), import('../../charts/assets.ts')])
  writeWhole(file, pageOf(made, await pageParts()))
  const { pictures, seen } = countOf(told)
  const failed =
    told.notes.some(({ kind }) => kind === 'failed') || told.parts.some(part => part.pictures.some(each => each.missing.length > 0))
  if (failed || seen === 0) process.exitCode = exitCodes.failed
  print(flags.json, { file, source: told.source, span, pictures, seen, notes: told.notes }, () =>
    [
      ...told.notes.map(({ kind, text }) => `${words[kind]}: ${text}\n`),
      `${displayPath(file, process.cwd())}: ${seen} of ${pictures} pictures have something to see, from ${told.source}\n`,
    ].join(''),
  )
}

const words: Readonly<Record<Note['kind'], string>> = { alert: 'alert', missing: 'missing', failed: 'not known' }

const progress = (done: number, of: number) => passing(`asks for picture ${done + 1} of ${of} …`)

async function overHttp(offered: OfferedBy, span: Span, { url, user }: ReturnType<typeof addressOf>): Promise<Told> {
  const ask = apiAt(url, user === undefined ? undefined : { user, password: process.env['REPORT_PASSWORD'] ?? '' })
  // Where nobody answers there is nothing to draw.
  await ask('/api/v1/query?query=1')
  return fromPrometheus(offered, span, { name: `Prometheus at ${url.host}`, ask, tell: progress })
}

/** Asks the fleet's Prometheus, the first that answers; where none does, its databases. */
async function overSsh(fleet: Fleet, offered: OfferedBy, span: Span, acceptNewKeys: boolean): Promise<Told> {
  const servers = offered(figureServers)
  if (servers.length === 0 && offered(pastReadings).length === 0)
    throw new Failed({
      message: `the fleet ${fleet.name} has neither a Prometheus nor a database of readings`,
      hint: 'give a host the role prometheus or mariadb, or name a Prometheus: report --from http://HOST:9090',
    })
  const on = async <T>(host: Host, work: (session: Session) => Promise<T>): Promise<T> => {
    const answers = await onEach(fleet, [host], { acceptNewKeys, ...asking() }, work)
    const answer = answers.get(host.name)
    if (answer && 'value' in answer) return answer.value
    throw new Failed(answer?.failure ?? { message: `${host.name} was not asked` })
  }
  const silent: Note[] = []
  for (const { host, value } of servers) {
    try {
      return await on(host, async session => {
        const ask = apiOver(session, value)
        await ask('/api/v1/query?query=1')
        const told = await fromPrometheus(offered, span, { name: `Prometheus on ${host.name}`, ask, tell: progress })
        return { ...told, notes: [...silent, ...told.notes] }
      })
    } catch (error) {
      silent.push({ kind: 'failed', text: `Prometheus on ${host.name}: ${toFailure(error).message}` })
    }
  }
  const told = await fromStores(offered, span, (host, text) =>
    on(host, async session => {
      const { code, stdout, stderr } = await session.run(`(${text}\n) </dev/null`, { timeout: 300, most: 32 * 1024 * 1024 })
      if (code !== 0) throw new Failed({ message: stderr.trim().split('\n').at(-1) || `the question ended with exit code ${code}` })
      return stdout
    }),
  )
  return { ...told, notes: [...silent, ...told.notes] }
}
