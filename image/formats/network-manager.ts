import { createHash } from 'node:crypto'
import type { BootFile, FirstBoot } from '../first-boot.ts'

/** Connections of NetworkManager, as keyfiles: Wi-Fi, and a fixed address. The cable by DHCP needs none. */
export function connections(card: FirstBoot): readonly BootFile[] {
  const { wifi, network } = card
  const files: BootFile[] = []
  if (wifi) {
    const security = wifi.psk === undefined ? '' : `\n[wifi-security]\nkey-mgmt=wpa-psk\npsk=${wifi.psk}\n`
    const ssid = [...Buffer.from(wifi.ssid)].map(byte => `${byte};`).join('')
    const hidden = wifi.hidden ? 'hidden=true\n' : ''
    files.push(keyfile(card, 'wlan0', 'wifi', `\n[wifi]\nmode=infrastructure\nssid=${ssid}\n${hidden}${security}`))
  }
  if (network?.interface === 'eth0') files.push(keyfile(card, 'eth0', 'ethernet', ''))
  return files
}

function keyfile({ hostname, network }: FirstBoot, device: 'eth0' | 'wlan0', type: string, more: string): BootFile {
  const address =
    network?.interface === device
      ? `method=manual\naddress1=${network.address},${network.gateway}\ndns=${network.dns.map(each => `${each};`).join('')}\n`
      : 'method=auto\n'
  const name = `fleet-${device}`
  return {
    name: `${name}.nmconnection`,
    text: `[connection]\nid=${name}\nuuid=${uuid(`${hostname}/${device}`)}\ntype=${type}\ninterface-name=${device}\n${more}\n[ipv4]\n${address}`,
  }
}

/** A UUID that the same card has again, in the form of version 8 (RFC 9562). */
function uuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
