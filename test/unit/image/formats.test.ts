import { execFileSync } from 'node:child_process'
import { parse } from 'smol-toml'
import { describe, expect, it, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { bootFiles } from '../../../image/boot-files.ts'
import type { FirstBoot } from '../../../image/first-boot.ts'
import { networkConfig, userData } from '../../../image/formats/cloud-init.ts'
import { withFirstrun } from '../../../image/formats/firstrun.ts'
import { formats, type Format } from '../../../image/detect.ts'
import { full, plain } from './cards.ts'

const boot = { commandLine: 'console=tty1 root=PARTUUID=1-02 rootwait', mount: '/boot/firmware' } as const
const cable: FirstBoot = {
  ...full,
  network: { interface: 'eth0', address: '192.168.1.21/24', gateway: '192.168.1.1', dns: ['192.168.1.1'] },
}
const files = (format: Format, card: FirstBoot) => Object.fromEntries(bootFiles(format, card, boot).map(({ name, text }) => [name, text]))

describe('cloud-init', () => {
  it('lets a key in and no password, and has the host key before anybody connects', () => {
    const data = parseYaml(userData(plain)) as Record<string, unknown>
    expect(userData(plain)).toMatch(/^#cloud-config\n/)
    expect(data).toMatchObject({
      hostname: 'producer1',
      manage_etc_hosts: false,
      ssh_pwauth: false,
      users: [{ name: 'pi', lock_passwd: true, sudo: 'ALL=(ALL) NOPASSWD:ALL', ssh_authorized_keys: plain.user.keys }],
    })
    expect(data['write_files']).toContainEqual({
      path: '/etc/ssh/fleet_host_ed25519_key',
      permissions: '0600',
      content: plain.hostKey.private,
    })
    expect(data['write_files']).toContainEqual({
      path: '/etc/ssh/sshd_config.d/10-fleet-host-key.conf',
      permissions: '0644',
      content: 'HostKey /etc/ssh/fleet_host_ed25519_key\n',
    })
  })

  it('asks for a password of sudo where the inventory has one', () => {
    expect(parseYaml(userData(full))).toMatchObject({
      timezone: 'Europe/Berlin',
      locale: 'de_DE.UTF-8',
      keyboard: { layout: 'de' },
      users: [{ name: 'warm', lock_passwd: false, passwd: full.user.passwordHash, sudo: 'ALL=(ALL:ALL) ALL' }],
    })
  })

  it('gives the fixed address to one interface, and the other what the router says', () => {
    expect(parseYaml(networkConfig(full))).toEqual({
      version: 2,
      ethernets: { eth0: { dhcp4: true, optional: true } },
      wifis: {
        wlan0: {
          dhcp4: false,
          addresses: ['192.168.1.21/24'],
          routes: [{ to: 'default', via: '192.168.1.1' }],
          nameservers: { addresses: ['192.168.1.1', '9.9.9.9'] },
          optional: true,
          'regulatory-domain': 'DE',
          'access-points': { 'Haus "am" See': { password: full.wifi?.psk, hidden: true } },
        },
      },
    })
    expect(parseYaml(networkConfig(plain))).toEqual({ version: 2, ethernets: { eth0: { dhcp4: true, optional: true } } })
  })

  it('is another instance when it is told something else, and the same one otherwise', () => {
    const id = (card: FirstBoot) => (parseYaml(files('cloud-init', card)['meta-data'] ?? '') as Record<string, string>)['instance-id']
    expect(id(plain)).toMatch(/^fleet-producer1-[0-9a-f]{12}$/)
    expect(id(plain)).toBe(id({ ...plain }))
    expect(id(plain)).not.toBe(id({ ...plain, timezone: 'Europe/Berlin' }))
  })
})

describe('rpi-preseed', () => {
  it('has the keys of its man page', () => {
    expect(parse(files('rpi-preseed', cable)['rpi-preseed.toml'] ?? '')).toMatchObject({
      config_version: '1.1',
      system: { hostname: 'producer1' },
      user: { name: 'warm', password: full.user.passwordHash, password_encrypted: true, passwordless_sudo: false, groups: ['sudo'] },
      ssh: { enabled: true, password_authentication: false, authorized_keys: full.user.keys },
      wlan: { ssid: 'Haus "am" See', password: full.wifi?.psk, password_encrypted: true, hidden: true, country: 'DE', key_mgmt: 'wpa-psk' },
      ethernet: { method: 'static', address: '192.168.1.21/24', gateway: '192.168.1.1', dns: ['192.168.1.1'] },
      locale: { keymap: 'de', timezone: 'Europe/Berlin', locales: ['de_DE.UTF-8'], lang: 'de_DE.UTF-8' },
    })
  })

  it('cannot give Wi-Fi a fixed address, and says so before anything is written', () => {
    expect(() => files('rpi-preseed', full)).toThrow('rpi-preseed gives a fixed address to the cable only')
  })
})

describe('firstrun.sh', () => {
  it('is a script that a shell can read, whatever names there are', () => {
    for (const card of [plain, full, cable]) {
      const script = files('firstrun', card)['firstrun.sh'] ?? ''
      execFileSync('bash', ['-n'], { input: script })
      expect(script.startsWith('#!/bin/bash\n')).toBe(true)
    }
  })

  it('is run once: the command line stays one line, and an earlier word of it goes', () => {
    const once = withFirstrun(`${boot.commandLine}\n`, '/boot/firmware')
    expect(once).toBe(
      'console=tty1 root=PARTUUID=1-02 rootwait systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.run_failure_action=reboot systemd.unit=kernel-command-line.target\n',
    )
    expect(withFirstrun(once, '/boot/firmware')).toBe(once)
    // The cleaning of the script itself leaves the line as it was.
    expect(execFileSync('sed', ['s| systemd\\.run.*||g'], { input: once, encoding: 'utf8' })).toBe(`${boot.commandLine}\n`)
  })

  it('brings the connections of NetworkManager', () => {
    const script = files('firstrun', full)['firstrun.sh'] ?? ''
    expect(script).toContain('/etc/NetworkManager/system-connections/fleet-wlan0.nmconnection')
    expect(script).toContain('address1=192.168.1.21/24,192.168.1.1')
    // The name's bytes: no quote or semicolon of a name can end it.
    expect(script).toContain(`ssid=${[...Buffer.from('Haus "am" See')].map(byte => `${byte};`).join('')}`)
  })
})

test.each(formats)('%s: the same card is the same to the byte', format => {
  expect(files(format, cable)).toEqual(files(format, structuredClone(cable)))
})
