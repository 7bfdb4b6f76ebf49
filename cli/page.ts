import { UsageError } from '../engine/errors.ts'
import type { Host } from '../engine/inventory/types.ts'

/** A page of a role, as offered. */
export interface OfferedPage {
  readonly host: Host
  readonly role: string
  readonly value: { readonly url: string; readonly title: string; readonly near?: true }
}

/** The page of a role, on a host where one is named. @throws UsageError where there is none, or more than one */
export function pageOf(all: readonly OfferedPage[], role: string, host: string | undefined): OfferedPage {
  const known = [...new Set(all.map(each => each.role))]
  const ofRole = all.filter(each => each.role === role)
  if (ofRole.length === 0)
    throw new UsageError(
      `no role ${role} of this fleet has a page`,
      known.length ? `those that have: ${known.join(', ')}` : 'no role of this fleet has one',
    )
  const found = host === undefined ? ofRole : ofRole.filter(each => each.host.name === host)
  const [page, ...others] = found
  const hosts = ofRole.map(each => each.host.name).join(', ')
  if (!page) throw new UsageError(`${host} has no page of the role ${role}`, `it is on ${hosts}`)
  if (others.length > 0) throw new UsageError(`the role ${role} has a page on ${hosts}`, `name one: fleet open ${role} ${page.host.name}`)
  return page
}
