/** `[user@]host[:port]`, the parts taken apart. */
export interface JumpAddress {
  readonly user?: string
  readonly host: string
  readonly port?: number
}

/**
 * Takes `[user@]host[:port]` apart; an IPv6 address stands in brackets. Undefined when it is not that.
 * A host that begins with a hyphen is refused: ssh would take it for an option.
 */
export function parseJump(text: string): JumpAddress | undefined {
  const match = /^(?:([^@\s/]+)@)?(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9_][\w.-]*))(?::(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const [, user, ipv6, name, digits] = match
  const host = ipv6 ?? name
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || user?.startsWith('-') || (port !== undefined && (port < 1 || port > 65535))) return undefined
  return { host, ...(user !== undefined && { user }), ...(port !== undefined && { port }) }
}

/** Can this only be the name of a host in the inventory? Anything else says `user@`, a port or a dot. */
export function isBareName(jump: string): boolean {
  return /^[\w-]+$/.test(jump)
}

/**
 * Every circle in "host hops through hosts", each once, as the names on the way round: `[a, b]` for a → b → a.
 * Hops that are not keys of the map lead out of it and end a way.
 */
export function jumpCycles(jumps: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const walk = (name: string, way: readonly string[]): void => {
    const seen = way.indexOf(name)
    if (seen >= 0) {
      cycles.push(way.slice(seen))
      return
    }
    if (done.has(name)) return
    for (const hop of jumps.get(name) ?? []) walk(hop, [...way, name])
    done.add(name)
  }
  for (const name of jumps.keys()) walk(name, [])
  return cycles
}
