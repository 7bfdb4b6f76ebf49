import { labPaths } from '../../lab/index.ts'

/** A fleet with something of each kind to look at, and a Pi of 1 GiB that looks: a network of its own. */
export function watchedFleet(name: string): object {
  const { identity, knownHosts } = labPaths(name)
  const pi = { user: 'pi', os: 'trixie', model: 'rpi3b+' }
  const hosts = {
    watch: { ...pi, model: 'rpi4-1g', roles: ['base', 'exporters', 'prometheus'], vars: { prometheus: { interval: 15 } } },
    mysql: { ...pi, roles: ['base', 'exporters', 'mariadb'] },
    kafka1: { ...pi, model: 'rpi4-1g', os: 'bookworm', roles: ['base', 'exporters', 'kafka'] },
    cassandra1: { ...pi, model: 'rpi4-2g', os: 'bookworm', roles: ['base', 'exporters', 'cassandra'] },
    producer1: { ...pi, roles: ['base', 'exporters', 'collector'], vars: { collector: { backends: ['mariadb', 'kafka', 'cassandra'] } } },
  }
  return {
    fleet: name,
    ssh: { identity, knownHosts },
    hosts: Object.fromEntries(Object.entries(hosts).map(([host, more], index) => [host, { address: `10.78.23.${20 + index}`, ...more }])),
  }
}
