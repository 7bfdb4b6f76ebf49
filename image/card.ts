import { isIPv4 } from 'node:net'
import { Failed } from '../engine/errors.ts'
import type { Host } from '../engine/inventory/types.ts'
import { resolveValue } from '../engine/secrets/value-source.ts'
import type { Secrets } from '../engine/secrets/secrets.ts'
import type { FirstBoot } from './first-boot.ts'
import { hostKeySecret, makeHostKey, readHostKey, type HostKey } from './host-key.ts'
import { passwordHash } from './password-hash.ts'
import { psk } from './psk.ts'

/**
 * What a host's card is told, from the inventory and the fleet's secrets. Its host key is made at the first time and kept.
 * @throws Failed where a value cannot be had, or cannot be true
 */
export async function cardOf(
  host: Host,
  user: string,
  keys: readonly string[],
  secrets: Secrets,
): Promise<{ readonly card: FirstBoot; readonly hostKey: HostKey }> {
  const { wifi, network, timezone, locale, keyboard } = host.firstBoot ?? {}
  const hostKey = readHostKey(
    secrets.get(hostKeySecret(host.name), () => makeHostKey(host.name)),
    host.name,
  )
  if (network && !isIPv4(host.address)) {
    throw new Failed({
      code: 'inventory',
      host: host.name,
      message: `a fixed address is asked for (firstBoot.network), and the address is ${host.address}, no IPv4 address`,
      hint: 'write the IPv4 address it is to have as its address, or take firstBoot.network out',
    })
  }
  const password = wifi?.password && (await resolveValue(wifi.password, secrets))
  if (password !== undefined && !/^[0-9a-f]{64}$/i.test(password) && (password.length < 8 || password.length > 63)) {
    throw new Failed({
      code: 'inventory',
      host: host.name,
      message: `the password of the Wi-Fi has ${password.length} letters; WPA2 takes 8 to 63`,
    })
  }
  const sudo = host.sudoPassword && (await resolveValue(host.sudoPassword, secrets))
  const card: FirstBoot = {
    hostname: host.name,
    user: { name: user, keys, ...(sudo !== undefined && { passwordHash: passwordHash(sudo, hostKey.private) }) },
    hostKey: { private: hostKey.private, public: hostKey.public },
    ...(wifi && {
      wifi: {
        ssid: wifi.ssid,
        country: wifi.country,
        hidden: wifi.hidden,
        ...(password !== undefined && { psk: psk(wifi.ssid, password) }),
      },
    }),
    ...(network && {
      network: {
        interface: network.interface ?? (wifi ? 'wlan0' : 'eth0'),
        address: `${host.address}/${network.prefix}`,
        gateway: network.gateway,
        dns: network.dns ?? [network.gateway],
      },
    }),
    ...(timezone !== undefined && { timezone }),
    ...(locale !== undefined && { locale }),
    ...(keyboard !== undefined && { keyboard }),
  }
  return { card, hostKey }
}
