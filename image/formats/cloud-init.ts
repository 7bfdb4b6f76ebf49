import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import { groups, hostKeyConfig, hostKeyFile, type BootFile, type FirstBoot } from '../first-boot.ts'

/**
 * What cloud-init reads of the boot partition: Raspberry Pi OS trixie since December 2025, Ubuntu, and a virtual Pi's seed.
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
export function cloudInitFiles(card: FirstBoot): readonly BootFile[] {
  const [user, network] = [userData(card), networkConfig(card)]
  return [
    { name: 'user-data', text: user },
    { name: 'network-config', text: network },
    { name: 'meta-data', text: metaData(card, [user, network]) },
    // sshswitch.service of Raspberry Pi OS starts the SSH server where this file is.
    { name: 'ssh', text: '' },
  ]
}

/** Who may log in, by which key the Pi is known, and how it is called. */
export function userData(card: FirstBoot): string {
  const { user, hostKey } = card
  const config = {
    hostname: card.hostname,
    // The role `base` keeps /etc/hosts.
    manage_etc_hosts: false,
    ...(card.timezone !== undefined && { timezone: card.timezone }),
    ...(card.locale !== undefined && { locale: card.locale }),
    ...(card.keyboard !== undefined && { keyboard: { layout: card.keyboard } }),
    users: [
      {
        name: user.name,
        groups,
        shell: '/bin/bash',
        ...(user.passwordHash === undefined
          ? { lock_passwd: true, sudo: 'ALL=(ALL) NOPASSWD:ALL' }
          : { lock_passwd: false, passwd: user.passwordHash, sudo: 'ALL=(ALL:ALL) ALL' }),
        ssh_authorized_keys: user.keys,
      },
    ],
    ssh_pwauth: false,
    disable_root: true,
    write_files: [
      { path: hostKeyFile, permissions: '0600', content: hostKey.private },
      { path: `${hostKeyFile}.pub`, permissions: '0644', content: `${hostKey.public}\n` },
      { path: hostKeyConfig.file, permissions: '0644', content: hostKeyConfig.text },
    ],
    runcmd: [
      ['sh', '-c', 'systemctl disable --now userconfig.service 2>/dev/null || true'],
      ['sh', '-c', 'systemctl enable --now ssh.service; systemctl try-reload-or-restart ssh.service'],
      ['sh', '-c', forget],
    ],
  }
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`
}

/** The boot partition can be read by every user of the Pi: what was told there once is taken away once it is done. */
const forget =
  'for file in /boot/firmware/user-data /boot/user-data; do [ ! -f "$file" ] || printf "#cloud-config\\n{}\\n" >"$file"; done; sync'

/** Netplan's format: the cable by DHCP or with the fixed address, and Wi-Fi. */
export function networkConfig({ wifi, network }: FirstBoot): string {
  const addresses = (name: 'eth0' | 'wlan0') =>
    network?.interface === name
      ? {
          dhcp4: false,
          addresses: [network.address],
          routes: [{ to: 'default', via: network.gateway }],
          nameservers: { addresses: network.dns },
        }
      : { dhcp4: true }
  const points = wifi && { [wifi.ssid]: { ...(wifi.psk !== undefined && { password: wifi.psk }), ...(wifi.hidden && { hidden: true }) } }
  return stringify(
    {
      version: 2,
      ethernets: { eth0: { ...addresses('eth0'), optional: true } },
      ...(points && {
        wifis: { wlan0: { ...addresses('wlan0'), optional: true, 'regulatory-domain': wifi?.country, 'access-points': points } },
      }),
    },
    { lineWidth: 0 },
  )
}

/** A card with other words is another instance to cloud-init, which then begins anew. The name stays when user-data is taken away. */
function metaData({ hostname }: FirstBoot, texts: readonly string[]): string {
  const content = createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12)
  return stringify({ 'instance-id': `fleet-${hostname}-${content}`, 'local-hostname': hostname, dsmode: 'local' })
}
