import { quote } from '../../engine/shell.ts'
import { groups, hostKeyConfig, hostKeyFile, type BootFile, type FirstBoot } from '../first-boot.ts'
import { connections } from './network-manager.ts'

/** What systemd runs once, told by the kernel's command line: Raspberry Pi OS up to bookworm, and trixie of October 2025. */
export const firstrunName = 'firstrun.sh'

/**
 * The script and the command line that has it run. `mount` is where the running Pi has the boot partition: /boot/firmware, /boot up to
 * bullseye.
 */
export function firstrunFiles(card: FirstBoot, commandLine: string, mount: string): readonly BootFile[] {
  return [
    { name: firstrunName, text: script(card, mount) },
    { name: 'cmdline.txt', text: withFirstrun(commandLine, mount) },
  ]
}

const own = / systemd\.run(?:_success_action|_failure_action)?=\S+| systemd\.unit=kernel-command-line\.target/g

/** The kernel's command line, one line as it must be, that runs the script once and starts anew. What it had of that before is replaced. */
export function withFirstrun(commandLine: string, mount: string): string {
  const line = ` ${commandLine.replace(/\s+/g, ' ').trim()}`.replaceAll(own, '').trim()
  const run = `systemd.run=${mount}/${firstrunName} systemd.run_success_action=reboot systemd.run_failure_action=reboot`
  return `${line} ${run} systemd.unit=kernel-command-line.target\n`
}

function script(card: FirstBoot, mount: string): string {
  const { user, hostKey } = card
  const put = (text: string, mode: string, file: string) => `printf %s ${quote(text)} | install -D -m ${mode} /dev/stdin ${quote(file)}`
  const name = quote(user.name)
  return `#!/bin/bash
# Runs once, at the first start of this card. It takes itself away, and what it did is in ${mount}/firstrun.log.
exec >>${mount}/firstrun.log 2>&1
# Whatever fails below: this must not run again at each start.
trap 'rm -f ${mount}/${firstrunName}; sed -i "s| systemd\\.run.*||g" ${mount}/cmdline.txt; sync' EXIT
set -x +e

old=$(cat /etc/hostname)
echo ${quote(card.hostname)} >/etc/hostname
sed -i "s/\\b$old\\b/${card.hostname}/g" /etc/hosts

# The user 1000 of the image is renamed, where it has one.
first=$(getent passwd 1000 | cut -d: -f1)
if ! id ${name} 2>/dev/null; then
  if [ -n "$first" ]; then
    usermod -l ${name} -d /home/${user.name} -m "$first" && groupmod -n ${name} "$first"
  else
    useradd -m -u 1000 -s /bin/bash ${name}
  fi
fi
for group in ${groups.join(' ')}; do ! getent group $group >/dev/null || usermod -a -G $group ${name}; done
set +x
${user.passwordHash === undefined ? `passwd -l ${name}` : `printf %s ${quote(`${user.name}:${user.passwordHash}`)} | chpasswd -e`}
set -x
${user.passwordHash === undefined ? put(`${user.name} ALL=(ALL) NOPASSWD:ALL\n`, '0440', '/etc/sudoers.d/010_fleet-nopasswd') : 'rm -f /etc/sudoers.d/010_pi-nopasswd'}
install -d -m 0700 -o ${name} -g ${name} /home/${user.name}/.ssh
${put(user.keys.map(key => `${key}\n`).join(''), '0600', `/home/${user.name}/.ssh/authorized_keys`)}
chown ${name}:${name} /home/${user.name}/.ssh/authorized_keys
systemctl disable userconfig.service

set +x
${put(hostKey.private, '0600', hostKeyFile)}
${put(`${hostKey.public}\n`, '0644', `${hostKeyFile}.pub`)}
${put(`${hostKeyConfig.text}PasswordAuthentication no\n`, '0644', hostKeyConfig.file)}
${connections(card)
  .map(({ name: file, text }) => put(text, '0600', `/etc/NetworkManager/system-connections/${file}`))
  .join('\n')}
set -x
systemctl enable ssh.service
${[
  card.wifi && `raspi-config nonint do_wifi_country ${card.wifi.country}; rfkill unblock wifi`,
  card.timezone && `ln -sf /usr/share/zoneinfo/${card.timezone} /etc/localtime; echo ${card.timezone} >/etc/timezone`,
  card.locale && `sed -i 's/^# *${card.locale}/${card.locale}/' /etc/locale.gen; locale-gen; update-locale LANG=${card.locale}`,
  card.keyboard && `sed -i 's/^XKBLAYOUT=.*/XKBLAYOUT="${card.keyboard}"/' /etc/default/keyboard`,
]
  .filter(line => line !== undefined)
  .join('\n')}
exit 0
`
}
