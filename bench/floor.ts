import { bigFile, commands, directories, files, packages, services, sysctls, units, users } from './state.ts'

const configured = ['/etc/hosts', '/etc/systemd/journald.conf.d/60-fleet.conf', '/etc/default/prometheus-node-exporter']

/** The least a shell script can do that reads the same states as a run does: one fork a kind of state. */
export function floorScript(host: string): string {
  const big = process.env[bigFile] === undefined ? [] : ['/opt/bench-big']
  const paths = [...configured, ...files.keys(), ...units.keys(), ...big].join(' ')
  return `export LC_ALL=C.UTF-8
stat -c '%a %U %G %F %n' ${paths} ${directories.join(' ')}
sha256sum ${paths}
dpkg-query -W -f '\${binary:Package} \${db:Status-Abbrev} \${Version}\\n' ${['systemd-timesyncd', 'prometheus-node-exporter', ...packages].join(' ')}
systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload ${['systemd-timesyncd', 'systemd-journald', 'prometheus-node-exporter', ...services].map(name => `${name}.service`).join(' ')}
getent passwd ${users.join(' ')}
${users.map(name => `id -Gn ${name}`).join('\n')}
${Object.keys(sysctls)
  .map(key => `read -r v </proc/sys/${key.replaceAll('.', '/')}; echo ${key} "$v"`)
  .join('\n')}
cat /etc/sysctl.d/60-bench.conf
${commands.map(({ name, unless }) => `${unless} && echo ${name}`).join('\n')}
read -r v </etc/hostname; read -r w </proc/sys/kernel/hostname; [ "$v" = ${host} ] && [ "$w" = ${host} ] && echo hostname
exit 0
`
}
