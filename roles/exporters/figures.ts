import { figuresFolder } from '../figures-folder.ts'
import { command, file, pathGone, service, type AnyResource } from '../../engine/resources/index.ts'
import { sandbox } from '../../engine/sandbox.ts'
import { words } from '../../engine/shell.ts'

// In memory: it is written anew each minute.
const ownFolder = '/run/pi-figures'
const figuresPath = '/usr/local/lib/provision/pi-figures'
export const figuresUnit = 'pi-figures'

const unitPath = `/etc/systemd/system/${figuresUnit}.service`
const links = ['throttled', 'ends', 'written'].map(name => ({ from: `${figuresFolder}/pi-${name}.prom`, to: `${ownFolder}/${name}.prom` }))

/** Bits of the firmware's word about throttling, the first four: what is so at this moment. */
const causes = ['under-voltage', 'frequency capped', 'throttled', 'soft temperature limit']

/**
 * A program that writes, each minute, what the firmware says of power and heat, where there is such a firmware, and what each service has
 * written to disks; and each hour how long certificates last. What a process made dirty counts for it, whoever writes it out later, and
 * whether it was taken back before that: else the count could fall. One process that sleeps: a timer would write a line to the journal each time.
 */
export function figuresProgram(certificates: readonly string[]): string {
  return `#!/bin/bash
# Written by provision. Figures of this Pi that the node exporter does not measure, for it to read.
cd ${ownFolder} || exit 1
certificates=(${words(certificates)})
throttled() {
  local word bit=0 cause
  word=$(vcgencmd get_throttled 2>/dev/null) || return 0
  word=\${word#throttled=}
  [[ $word =~ ^0x[0-9a-fA-F]+$ ]] || return 0
  echo '# HELP pi_throttled What the firmware does or sees at this moment.'
  echo '# TYPE pi_throttled gauge'
  for cause in ${words(causes)}; do echo "pi_throttled{cause=\\"$cause\\"} $((word >> bit++ & 1))"; done
}
ends() {
  local path end
  [ \${#certificates[@]} -gt 0 ] || return 0
  echo '# HELP pi_certificate_end_seconds When a certificate ends.'
  echo '# TYPE pi_certificate_end_seconds gauge'
  for path in "\${certificates[@]}"; do
    end=$(openssl x509 -noout -enddate -in "$path" 2>/dev/null) || continue
    echo "pi_certificate_end_seconds{path=\\"$path\\"} $(date -d "\${end#notAfter=}" +%s)"
  done
}
written() {
  local folder place key value unit
  local -A bytes=()
  for folder in /proc/[0-9]*; do
    unit=
    while IFS=: read -r _ _ place; do [[ $place =~ /([^/]+)\\.service ]] && unit=\${BASH_REMATCH[1]}; done <"$folder/cgroup"
    [ -n "$unit" ] || continue
    while read -r key value; do [ "$key" != write_bytes: ] || bytes[$unit]=$((\${bytes[$unit]:-0} + value)); done <"$folder/io"
  done 2>/dev/null
  echo '# TYPE pi_written_bytes_total counter'
  for unit in "\${!bytes[@]}"; do
    [ "\${bytes[$unit]}" = 0 ] || echo "pi_written_bytes_total{unit=\\"\${unit//\\\\/\\\\\\\\}\\"} \${bytes[$unit]}"
  done
}
# Renamed into place: half a file is never read.
puts() { "$1" >"$1.new" && mv "$1.new" "$1.prom"; }
for ((minute = 0; ; minute = (minute + 1) % 60)); do
  puts throttled
  puts written
  [ "$minute" != 0 ] || puts ends
  sleep 60
done
`
}

/**
 * It reads certificates, which are their services' own, and asks the firmware. What others have written is told to who may trace them; the
 * calls by which one does are not among those it may make.
 */
export const figuresService = `# Written by provision.
[Unit]
Description=Figures of this Pi for the node exporter

[Service]
ExecStart=${figuresPath}
Restart=always
RestartSec=10
RuntimeDirectory=pi-figures
RuntimeDirectoryMode=0755
UMask=0022
MemoryMax=24M
${sandbox}
# Certificates are their services' own, and the firmware is asked by a device.
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE
ProtectProc=default
PrivateDevices=no
DevicePolicy=closed
DeviceAllow=/dev/vcio rw
# It speaks to nobody, and has no network of its own: emulated processors make none.
RestrictAddressFamilies=
RestrictAddressFamilies=AF_UNIX
IPAddressDeny=any
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

/** The program at work. `certificates`: files whose end it tells. */
export function* figures(certificates: readonly string[]): Generator<AnyResource, void, AnyResource> {
  const program = yield file(figuresPath, figuresProgram(certificates), { mode: '0755' })
  const unit = yield file(unitPath, figuresService)
  yield service(figuresUnit, { restartOn: [program, unit] })
  yield command('figures of the Pi where the node exporter reads', {
    unless: links.map(({ from, to }) => `[ "$(readlink ${from})" = ${to} ]`).join(' && '),
    run: [`mkdir -p ${figuresFolder}`, ...links.map(({ from, to }) => `ln -sfT ${to} ${from}`)].join(' && '),
  })
}

/** Its state where it is not wanted. */
export function* noFigures(): Generator<AnyResource, void, AnyResource> {
  yield service(figuresUnit, { enabled: false, running: false })
}

/** What of it is taken away when asked for. */
export function* figuresGone(): Generator<AnyResource, void, AnyResource> {
  for (const path of [figuresPath, unitPath, ...links.map(({ from }) => from)]) yield pathGone(path)
}
