import { asksOwnAddress, triesForEver, type Listen } from '../../engine/listen.ts'

/** Drop-in of Debian's unit. */
export const dropInPath = '/etc/systemd/system/mariadb.service.d/fleet.conf'

/**
 * The server's `bind-address`: where it listens, and loopback, by which a collector of its own Pi comes. Where the address is looked up
 * at each start it is loopback alone until then.
 */
export function bindAddress(listen: Listen): string {
  if ('name' in listen) return '127.0.0.1'
  const { address } = listen
  // The server's word for all of both families.
  if (address === '::') return '*'
  return address === '0.0.0.0' || address.startsWith('127.') ? address : `127.0.0.1,${address}`
}

/**
 * What is added to Debian's unit. An address that is not there yet, at boot or while the router sleeps, ends the server: it is started
 * again until it comes, for ever. A dollar for the shell is two for systemd.
 */
export function dropIn(listen: Listen): string {
  const lookedUp =
    'address' in listen
      ? ''
      : `RuntimeDirectory=mariadb-fleet
ExecStartPre=/bin/sh -c 'a=$$(${asksOwnAddress(listen.name)}) && echo "MYSQLD_OPTS=--bind-address=127.0.0.1,$$a" >/run/mariadb-fleet/arguments'
EnvironmentFile=-/run/mariadb-fleet/arguments
`
  return `# Written by provision.
${triesForEver}
[Service]
Restart=on-failure
RestartSec=10
${lookedUp}`
}
