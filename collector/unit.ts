/** What differs between one installation of the service and another. Paths are absolute. */
export interface UnitOptions {
  /** The bundle. */
  readonly program?: string
  readonly config?: string
  /** Passwords: the credential's name, which the config's `passwordFile` repeats, and root's own file it is taken from. */
  readonly credentials?: Readonly<Record<string, string>>
  /** In MiB. The agent needs 60 to 75. */
  readonly memoryMax?: number
}

/**
 * The text of `collector.service`.
 *
 * `DynamicUser`: the agent owns nothing but its state directory, so it needs no account. `LoadCredential`: it never can read the
 * password's file itself. The heap's limit is below the memory limit, so that V8 collects before the kernel kills.
 */
export function collectorUnit({
  program = '/opt/collector/collect.cjs',
  config = '/etc/collector/config.json',
  credentials = {},
  memoryMax = 96,
}: UnitOptions = {}): string {
  const heap = Math.max(16, Math.floor(memoryMax / 3))
  return `[Unit]
Description=Temperature collector
Wants=network-online.target
After=network-online.target time-sync.target
# A sensor or database that is away never ends the agent; what does is mended by a person, and tried again until then.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/bin/node --max-old-space-size=${heap} --max-semi-space-size=1 ${program} agent --config ${config}
Restart=always
RestartSec=2
# An agent whose main loop hangs gives no sign of life and is started anew; it sends one a minute.
WatchdogSec=3min
WatchdogSignal=SIGKILL
NotifyAccess=all
TimeoutStopSec=10
DynamicUser=yes
User=collector
StateDirectory=collector
StateDirectoryMode=0750
UMask=0027
${Object.entries(credentials)
  .map(([name, path]) => `LoadCredential=${name}:${path}\n`)
  .join('')}Environment=NODE_ENV=production UV_THREADPOOL_SIZE=4 MALLOC_ARENA_MAX=2
MemoryMax=${memoryMax}M
MemorySwapMax=0
TasksMax=32
Nice=5
OOMPolicy=stop

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
# Which addresses the machine has is asked over netlink.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}
