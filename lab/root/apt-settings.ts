/** Settings of this machine's apt that hosts need as well to reach the same mirrors. */
const wanted = /^Acquire::(https?::(proxy|timeout|verify|no-cache|pipeline)|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])/i

/** Settings that make installing quick and small in the lab; nothing a role could notice. */
const own = ['Acquire::Languages "none";', 'Acquire::Retries "3";']

/**
 * Lines of apt.conf for a host.
 * @param dump what `apt-config dump` prints here
 * @param environment where proxies may be named too
 */
export function aptSettings(dump: string, environment: Readonly<Record<string, string | undefined>>): string[] {
  const machine = dump.split('\n').filter(line => wanted.test(line) && !/ "";$/.test(line))
  const proxies = ['http', 'https'].flatMap(scheme => {
    const url = environment[`${scheme}_proxy`] ?? environment[`${scheme.toUpperCase()}_PROXY`]
    const named = machine.some(line => line.toLowerCase().startsWith(`acquire::${scheme}::proxy `))
    return url && !named ? [`Acquire::${scheme}::Proxy "${url}";`] : []
  })
  return [
    ...own.filter(line => !line.startsWith('Acquire::Retries') || !machine.some(other => /^Acquire::Retries/i.test(other))),
    ...machine,
    ...proxies,
  ]
}
