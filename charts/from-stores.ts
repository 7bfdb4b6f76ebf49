import type { OfferedBy } from '../engine/offer.ts'
import { toFailure } from '../engine/errors.ts'
import type { Host } from '../engine/inventory/types.ts'
import type { Shell } from '../engine/resources/kind.ts'
import { pastReadings, producers, type Measured, type PastReadings, type Span } from '../roles/offers.ts'
import type { Told } from './from-prometheus.ts'
import type { Note, Picture } from './picture.ts'
import { onPoints } from './prometheus.ts'

/** Runs shell text as root on a host and gives what it printed. @throws where the host cannot be asked, and where the text fails */
export type AsksHost = (host: Host, text: Shell) => Promise<string>

/** Temperatures as the fleet's databases have them: what there is where no Prometheus answers. */
export async function fromStores(offered: OfferedBy, span: Span, ask: AsksHost): Promise<Told> {
  const locations = [...new Set(offered(producers).map(({ value }) => value.location))]
  const stores = new Map<string, { readonly value: PastReadings; readonly hosts: Host[] }>()
  for (const { host, value } of offered(pastReadings)) {
    const known = stores.get(value.store)
    if (known) known.hosts.push(host)
    else stores.set(value.store, { value, hosts: [host] })
  }
  const notes: Note[] = []
  const pictures: Picture[] = []
  const heard = new Set<string>()
  for (const [store, { value, hosts }] of stores) {
    const question = await value.question()
    const { measured, silent } = await firstAnswer(hosts, async host => question.read(await ask(host, question.ask(span, locations)), span))
    for (const text of silent) notes.push({ kind: 'failed', text: `${store}: ${text}` })
    for (const { location } of measured ?? []) heard.add(location)
    pictures.push({
      title: `Readings in ${store}`,
      unit: 'celsius',
      curves: (measured ?? [])
        .map(({ location, means }) => ({ name: location, values: onPoints(means, span) }))
        .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
      missing: measured ? [] : silent,
    })
  }
  if (pictures.some(({ missing }) => missing.length === 0))
    for (const location of locations)
      if (!heard.has(location)) notes.push({ kind: 'missing', text: `No database has a reading of ${location} in this time.` })
  return { source: [...stores.keys()].join(' and '), notes, parts: [{ title: 'Temperature', pictures }] }
}

/** The answer of the first that gives one, and why those before it gave none. */
async function firstAnswer(
  hosts: readonly Host[],
  ask: (host: Host) => Promise<readonly Measured[]>,
): Promise<{ readonly measured?: readonly Measured[]; readonly silent: readonly string[] }> {
  const silent: string[] = []
  for (const host of hosts) {
    try {
      return { measured: await ask(host), silent }
    } catch (error) {
      silent.push(`${host.name} could not tell: ${toFailure(error).message}`)
    }
  }
  return { silent }
}
