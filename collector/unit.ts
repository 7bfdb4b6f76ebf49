/** What differs between one installation of a service and another. Paths are absolute. */
export interface UnitOptions {
  /** The bundle. */
  readonly program?: string
  readonly config?: string
  /** Passwords: the credential's name, which the config's `passwordFile` repeats, and root's own file it is taken from. */
  readonly credentials?: Readonly<Record<string, string>>
  /** In MiB. The agent needs 60 to 75, a sink 80 to 130. */
  readonly memoryMax?: number
}

/** The text of `collector.service`: the agent owns nothing but its state directory. */
export function collectorUnit(options: UnitOptions = {}): string {
  return serviceUnit({
    program: '/opt/collector/collect.cjs',
    config: '/etc/collector/config.json',
    credentials: {},
    memoryMax: 96,
    ...options,
    description: 'Temperature collector',
    command: 'agent',
    user: 'collector',
    heapShare: 1 / 3,
    own: `StateDirectory=collector
StateDirectoryMode=0750
`,
  })
}

/**
 * The text of `sink.service`: what it has not stored is with the brokers. `keepsLetters`: it has a directory for dead letters, where there
 * is no topic for them.
 */
export function sinkUnit({ keepsLetters = false, ...options }: UnitOptions & { readonly keepsLetters?: boolean } = {}): string {
  return serviceUnit({
    program: '/opt/sink/collect.cjs',
    config: '/etc/sink/config.json',
    credentials: {},
    memoryMax: 160,
    ...options,
    description: 'Sink of temperature readings',
    command: 'sink',
    user: 'sink',
    // It holds what a fetch brought, some MiB of it.
    heapShare: 1 / 2,
    own: keepsLetters ? 'StateDirectory=sink\nStateDirectoryMode=0750\n' : '',
  })
}

interface Service extends Required<UnitOptions> {
  readonly description: string
  /** Of the bundle. */
  readonly command: string
  readonly user: string
  /** What V8's heap may take of `memoryMax`. */
  readonly heapShare: number
  /** Lines of its own for `[Service]`. */
  readonly own: string
}

/**
 * The unit of a service that runs the bundle.
 *
 * `DynamicUser`: it needs no account. `LoadCredential`: it never can read the password's file itself. The heap's limit is below the memory
 * limit, so that V8 collects before the kernel kills.
 */
function serviceUnit({ program, config, credentials, memoryMax, description, command, user, heapShare, own }: Service): string {
  const heap = Math.max(16, Math.floor(memoryMax * heapShare))
  return `[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target time-sync.target
# A sensor, database or broker that is away never ends it; what does is mended by a person, and tried again until then.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/bin/node --max-old-space-size=${heap} --max-semi-space-size=1 ${program} ${command} --config ${config}
Restart=always
RestartSec=2
# One whose main loop hangs gives no sign of life and is started anew; it sends one a minute.
WatchdogSec=3min
WatchdogSignal=SIGKILL
NotifyAccess=all
TimeoutStopSec=10
DynamicUser=yes
User=${user}
${own}UMask=0027
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
