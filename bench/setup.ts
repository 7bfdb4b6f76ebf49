import type { Fleet } from '../engine/inventory/types.ts'
import { listenOf } from '../engine/listen.ts'
import { hostsFile } from '../roles/base/hosts-file.ts'
import { defaults, dropIn } from '../roles/exporter.ts'
import { quoted } from './measure.ts'
import { commands, directories, files, packages, services, sysctls, units, users } from './state.ts'

const write = (path: string, content: string) => `mkdir -p ${path.replace(/\/[^/]*$/, '')}\nprintf %s ${quoted(content)} >${path}`

/** Makes a host by hand what the roles make it: a script as one would write it who knows that the host is new. */
export function setupScript(host: string, fleet: Fleet): string {
  const exporter = { unit: 'prometheus-node-exporter', port: 9100 } as const
  const listen = listenOf(fleet.hosts.find(({ name }) => name === host) ?? { address: host }, undefined)
  return `set -e
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
umask 022
printf '%s\\n' ${host} >/etc/hostname
hostname ${host}
${write('/etc/hosts', hostsFile(host, fleet, {}))}
${write('/etc/systemd/journald.conf.d/60-fleet.conf', '[Journal]\nSystemMaxUse=64M\nRuntimeMaxUse=16M\n')}
${write('/etc/default/prometheus-node-exporter', defaults(exporter, listen))}
${write('/etc/systemd/system/prometheus-node-exporter.service.d/fleet.conf', dropIn(exporter, listen))}
apt-get update -q
apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold systemd-timesyncd prometheus-node-exporter ${packages.join(' ')}
${users.map(name => `useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin ${name}`).join('\n')}
mkdir -p ${directories.join(' ')}
${[...files, ...units].map(([path, content]) => write(path, content)).join('\n')}
${write(
  '/etc/sysctl.d/60-bench.conf',
  Object.entries(sysctls)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join(''),
)}
sysctl -q -p /etc/sysctl.d/60-bench.conf
${commands.map(({ run }) => run).join('\n')}
sync
systemctl daemon-reload
systemctl enable -q systemd-timesyncd prometheus-node-exporter ${services.join(' ')}
systemctl stop systemd-timesyncd
systemctl restart systemd-journald prometheus-node-exporter ${services.join(' ')}
`
}
