import { asking } from '../../cli/asking.ts'
import { interrupted, stopOnInterrupt } from '../../cli/interrupt.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { out, outJson, tell } from '../../cli/output.ts'
import { pageOf } from '../../cli/page.ts'
import { UsageError } from '../../engine/errors.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { wayTo } from '../../engine/run/way.ts'
import { registry } from '../../roles/index.ts'
import { pages } from '../../roles/offers.ts'
import { fleetOf } from './fleet-of.ts'

/** The command line of `fleet open`. */
export interface OpenFlags {
  readonly port?: string
  readonly acceptNewKeys?: true
}

/** Says where the page of a role is. One that listens on its own Pi only gets a way there, which ends with Ctrl-C. */
export async function open(role: string, name: string | undefined, flags: OpenFlags & CommonOptions): Promise<void> {
  const port = flags.port === undefined ? undefined : Number(flags.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535))
    throw new UsageError(`--port wants a number from 1 to 65535, not "${flags.port}"`)
  const fleet = await fleetOf('fleet', flags)
  const { host, value } = pageOf(offersOf(fleet, await registry.ofFleet(fleet), varsOf)(pages), role, name)
  const say = (url: string, more: string) =>
    flags.json ? outJson({ host: host.name, url }) : out(`${value.title} on ${host.name}: ${url}${more}\n`)
  if (!value.near) return say(value.url, '')
  const stop = stopOnInterrupt('')
  const { accepted } = asking()
  try {
    await wayTo(fleet, host, {
      to: Number(new URL(value.url).port),
      ...(port !== undefined && { port }),
      acceptNewKeys: flags.acceptNewKeys === true,
      ...(accepted && { accepted }),
      stop,
      ready: own => {
        const url = new URL(value.url)
        url.port = String(own)
        say(url.href, '   (Ctrl-C ends it)')
      },
      failed: reason => tell(`${host.name}: ${reason}`),
    })
  } catch (error) {
    // What ended because a person wanted it to is no failure.
    if (!interrupted()) throw error
  }
}
