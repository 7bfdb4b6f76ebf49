import { withPort } from '../engine/inventory/address.ts'
import { asksOwnAddress, asksPage, knowsAddress, triesForEver, type Listen } from '../engine/listen.ts'
import { apt, file, packagesGone, pathGone, service, type AnyResource, type Shell } from '../engine/resources/index.ts'

/**
 * An exporter of Debian's, its Prometheus, or its Alertmanager, which are started alike: its unit, its port, what its program is told
 * besides where it listens, and lines for the section `Service` of its unit.
 */
export interface Exporter {
  readonly unit: 'prometheus' | 'prometheus-alertmanager' | 'prometheus-node-exporter' | 'prometheus-mysqld-exporter'
  readonly port: number
  readonly options?: string
  readonly settings?: string
  /**
   * What needs its package to be there, and is there before it starts for good. It reads them anew while it runs: they are checked before
   * they are in place, for a reload says nothing of what is wrong.
   */
  readonly config?: readonly AnyResource[]
}

const argumentsOf = (address: string, port: number, options = '') =>
  `ARGS="${options && `${options} `}--web.listen-address=${withPort(address, port)}"`

const argumentsFile = (unit: string) => `/etc/default/${unit}`
const dropInFile = (unit: string) => `/etc/systemd/system/${unit}.service.d/fleet.conf`

/** An exporter at work. It starts again for changes of `on`. */
export function* runs(exporter: Exporter, listen: Listen, ...on: readonly AnyResource[]): Generator<AnyResource, void, AnyResource> {
  const known = yield* knowsAddress(listen)
  const args = yield file(argumentsFile(exporter.unit), defaults(exporter, listen))
  const added = yield file(dropInFile(exporter.unit), dropIn(exporter, listen))
  yield apt(exporter.unit)
  const reloadOn: AnyResource[] = []
  for (const each of exporter.config ?? []) reloadOn.push(yield each)
  yield service(exporter.unit, { restartOn: [args, added, ...known, ...on], reloadOn })
}

/** Its state where it is not wanted. */
export function* rests({ unit }: Pick<Exporter, 'unit'>): Generator<AnyResource, void, AnyResource> {
  yield service(unit, { enabled: false, running: false })
}

/** What of it is taken away when asked for. */
export function* goes({ unit }: Pick<Exporter, 'unit'>): Generator<AnyResource, void, AnyResource> {
  yield packagesGone(unit)
  for (const path of [argumentsFile(unit), dropInFile(unit)]) yield pathGone(path)
}

/** Exit 0 when it serves this metric. Bash text. */
export function serves({ port }: Exporter, listen: Listen, metric: string): Shell {
  return `${asksPage(listen, port, '/metrics', 20)} | grep -q '^${metric}'`
}

/** What Debian's unit reads its arguments from. One that listens by name gets them at each start, from `dropIn`. */
export function defaults({ port, options }: Exporter, listen: Listen): string {
  const text = 'address' in listen ? argumentsOf(listen.address, port, options) : '# Its address is looked up when it starts.'
  return `# Written by provision.\n${text}\n`
}

/**
 * What is added to Debian's unit. An address that is not there yet, at boot or while the router sleeps, ends an exporter: it is tried
 * again until it comes, for ever. And it reads what it measures, and may do nothing else.
 */
export function dropIn({ unit, port, options = '', settings = '' }: Exporter, listen: Listen): string {
  const node = unit === 'prometheus-node-exporter'
  return `# Written by provision.
${triesForEver}
[Service]
Restart=always
RestartSec=5
${'address' in listen ? '' : lookedUp(unit, port, options, listen.name)}NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
# Free space of file systems below there is measured.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
${node ? '' : 'ProtectClock=yes\nProtectProc=invisible\n'}ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
# Which addresses and network devices the Pi has is asked over netlink.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
UMask=0077
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
${node ? setsClock : ''}SystemCallErrorNumber=EPERM
${settings}`
}

const setsClock = `# How far the clock is off is read by the call that sets it; setting takes a capability.
SystemCallFilter=adjtimex clock_adjtime clock_adjtime64
`

/**
 * systemd reads the file anew for each program it starts, so the server gets what the one before wrote. A dollar for the shell is two for
 * systemd.
 */
function lookedUp(unit: string, port: number, options: string, name: string): string {
  const words = `${options && `${options} `}--web.listen-address=$$a:${port}`
  const six = `case $$a in *:*) a="[$$a]" ;; esac`
  return `RuntimeDirectory=${unit}
ExecStartPre=/bin/sh -c 'a=$$(${asksOwnAddress(name)}) && { ${six}; echo "ARGS=\\\\"${words}\\\\"" >/run/${unit}/arguments; }'
EnvironmentFile=-/run/${unit}/arguments
`
}
