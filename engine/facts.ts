import type { Shell } from './resources/kind.ts'
import { architectures, type Architecture } from './inventory/types.ts'

/** What a Pi says of itself, asked once a run. Sizes in bytes. */
export interface Facts {
  /** Debian codename, e.g. `bookworm`. */
  readonly release: string
  /** Debian architecture of the userland: a 64-bit kernel may carry a 32-bit one. */
  readonly architecture: Architecture
  readonly kernel: string
  readonly hostname: string
  /** Board name of the device tree, e.g. `Raspberry Pi 2 Model B Rev 1.1`; empty where there is none. */
  readonly model: string
  readonly cores: number
  readonly memory: number
  readonly memoryAvailable: number
  readonly swap: number
  /** The root file system first, then those that folders of /var/lib lie on, where data may have a disk of its own. */
  readonly disks: readonly Disk[]
  /** It shares a kernel with others: clock, modules and most kernel settings are not its own. */
  readonly container: boolean
  /** What is written to its root file system is gone at the next boot: an overlay in memory. */
  readonly volatileRoot?: true
  /** cloud-init is there: it writes its own hostname and /etc/hosts at each boot. */
  readonly cloudInit?: true
  /** The unit of a time daemon that was installed besides systemd's own, e.g. `chrony`. */
  readonly timeDaemon?: string
  /** Changes at each boot. */
  readonly bootId: string
  /** Thermal zones in millidegrees Celsius, by path. */
  readonly thermal: Readonly<Record<string, number>>
}

/** The file system that a folder lies on. Sizes in bytes. */
export interface Disk {
  readonly path: string
  /** Where that file system is mounted. */
  readonly mount: string
  readonly size: number
  /** What others than root may still write. */
  readonly free: number
}

/** Asks for disks alone. */
export const disksScript: Shell = `df -k --output=size,avail,target,file / /var/lib/*/ 2>/dev/null | {
read -r v
while read -r a v m f; do { [ "$f" = / ] || [ "$m" != / ]; } && printf 'disk=%s %s %s %s\\n' "$a" "$v" "$m" "\${f%/}"; done
}`

/** Asks for every fact; builtins where they do, for forks are what a slow Pi pays for. */
export const factsScript: Shell = `
printf '\\n#facts\\n'
. /etc/os-release; printf 'release=%s\\n' "$VERSION_CODENAME"
printf 'architecture=%s\\n' "$(dpkg --print-architecture)"
read -r v </proc/sys/kernel/osrelease; printf 'kernel=%s\\n' "$v"
read -r v </proc/sys/kernel/hostname; printf 'hostname=%s\\n' "$v"
read -r v </proc/sys/kernel/random/boot_id; printf 'bootId=%s\\n' "$v"
v=; [ -r /sys/firmware/devicetree/base/model ] && IFS= read -r -d '' v </sys/firmware/devicetree/base/model; printf 'model=%s\\n' "$v"
[ -e /run/systemd/container ] && printf 'container=yes\\n'
[ -d /etc/cloud/cloud.cfg.d ] && printf 'cloudInit=yes\n'
read -r v </proc/cmdline
while read -r _ d t _; do
  [ "$d $t" = '/ overlay' ] && case " $v " in *' boot=overlay '*|*' overlayroot=tmpfs'*) printf 'volatileRoot=yes\n' ;; esac
done </proc/mounts
for d in chrony ntpsec openntpd ntp; do [ -e "/lib/systemd/system/$d.service" ] && printf 'timeDaemon=%s\\n' "$d" && break; done
printf 'cores=%s\\n' "$(nproc)"
while read -r k v u; do case $k in MemTotal:|MemAvailable:|SwapTotal:) printf '%s=%s\\n' "\${k%:}" "$v" ;; esac; done </proc/meminfo
${disksScript}
for f in /sys/class/thermal/thermal_zone*/temp; do v=; [ -r "$f" ] && read -r v <"$f" && printf 'thermal=%s %s\\n' "$v" "$f"; done
`

/** Reads what `factsScript` printed. Throws a plain Error when the host is no Debian. */
export function parseFacts(output: string): Facts {
  const values = new Map<string, string>()
  const thermal: Record<string, number> = {}
  const disks: Disk[] = []
  for (const line of output.slice(output.lastIndexOf('#facts')).split('\n')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const key = line.slice(0, at)
    const value = line.slice(at + 1)
    if (key === 'thermal') {
      const [millidegrees, path] = value.split(' ')
      if (path) thermal[path] = Number(millidegrees)
    } else if (key === 'disk') disks.push(parseDisk(value))
    else values.set(key, value)
  }
  const text = (key: string) => values.get(key) ?? ''
  const kib = (key: string) => Number(values.get(key) ?? 0) * 1024
  const architecture = architectures.find(known => known === text('architecture'))
  if (!architecture)
    throw new Error(
      `this host runs ${text('architecture') || 'no Debian (dpkg is missing)'}; ` +
        `Raspberry Pi OS or Debian on ${architectures.join(', ')} is needed`,
    )
  return {
    release: text('release'),
    architecture,
    kernel: text('kernel'),
    hostname: text('hostname'),
    model: text('model'),
    cores: Number(text('cores')) || 1,
    memory: kib('MemTotal'),
    memoryAvailable: kib('MemAvailable'),
    container: text('container') === 'yes',
    ...(text('volatileRoot') && { volatileRoot: true as const }),
    ...(text('cloudInit') && { cloudInit: true as const }),
    ...(text('timeDaemon') && { timeDaemon: text('timeDaemon') }),
    swap: kib('SwapTotal'),
    disks,
    bootId: text('bootId'),
    thermal,
  }
}

/** Reads the disks that `disksScript` printed. */
export function parseDisks(output: string): readonly Disk[] {
  return output.split('\n').flatMap(line => (line.startsWith('disk=') ? [parseDisk(line.slice(5))] : []))
}

function parseDisk(value: string): Disk {
  const [size, free, mount = '/', ...path] = value.split(' ')
  return { path: path.join(' ') || '/', mount, size: Number(size) * 1024, free: Number(free) * 1024 }
}
