import { stringify } from 'smol-toml'
import { quote } from '../../engine/shell.ts'
import { hostKeyConfig, hostKeyFile, type BootFile, type FirstBoot } from '../first-boot.ts'

/** What rpi-preseed reads of the boot partition; the keys are those of its man page, rpi-preseed(5), version 1.1. */
export function preseedFiles(card: FirstBoot): readonly BootFile[] {
  return [{ name: 'rpi-preseed.toml', text: preseed(card) }]
}

function preseed(card: FirstBoot): string {
  const { user, wifi, network } = card
  const cable = network?.interface === 'eth0' && {
    ethernet: { method: 'static', address: network.address, gateway: network.gateway, dns: [...network.dns] },
  }
  return stringify({
    config_version: '1.1',
    system: { hostname: card.hostname },
    user: {
      name: user.name,
      ...(user.passwordHash === undefined
        ? { passwordless_sudo: true }
        : { password: user.passwordHash, password_encrypted: true, passwordless_sudo: false }),
      groups: ['sudo'],
    },
    ssh: { enabled: true, password_authentication: false, authorized_keys: [...user.keys] },
    ...(wifi && {
      wlan: {
        ssid: wifi.ssid,
        ...(wifi.psk !== undefined && { password: wifi.psk, password_encrypted: true }),
        hidden: wifi.hidden,
        country: wifi.country,
        key_mgmt: wifi.psk === undefined ? 'none' : 'wpa-psk',
      },
    }),
    ...cable,
    ...((card.timezone ?? card.locale ?? card.keyboard) !== undefined && {
      locale: {
        ...(card.keyboard !== undefined && { keymap: card.keyboard }),
        ...(card.timezone !== undefined && { timezone: card.timezone }),
        ...(card.locale !== undefined && { locales: [card.locale], lang: card.locale }),
      },
    }),
    runcmd: { early: hostKeyCommands(card) },
  })
}

/** Puts the host key in place before anybody connects; each is short, as early commands have to be. */
function hostKeyCommands({ hostKey }: FirstBoot): string[] {
  const put = (text: string, mode: string, file: string) => `printf %s ${quote(text)} | install -m ${mode} /dev/stdin ${file}`
  return [
    put(hostKey.private, '0600', hostKeyFile),
    put(`${hostKey.public}\n`, '0644', `${hostKeyFile}.pub`),
    put(hostKeyConfig.text, '0644', hostKeyConfig.file),
    'systemctl try-reload-or-restart ssh.service',
  ]
}
