/**
 * The resolv.conf hosts get: the machine's name servers that can be reached from outside it. A name server on the machine's own loopback
 * (systemd-resolved, dnsmasq) answers only the machine, and one that does not answer costs seconds a lookup: none is better.
 * @param candidates contents of resolv.conf files, best first
 */
export function reachableResolvConf(candidates: readonly string[]): { readonly text: string; readonly servers: number } {
  for (const candidate of candidates) {
    const lines = candidate.split('\n').filter(line => /^(nameserver|search|domain|options)\s/.test(line))
    const kept = lines.filter(line => !/^nameserver\s+(127\.|::1|0\.0\.0\.0)/.test(line))
    const servers = kept.filter(line => line.startsWith('nameserver')).length
    if (servers > 0) return { text: `${kept.join('\n')}\n`, servers }
  }
  return { text: '', servers: 0 }
}
