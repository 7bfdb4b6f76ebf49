import { asksOwnAddress, triesForEver, type Listen } from '../../engine/listen.ts'
import { sandbox } from '../../engine/sandbox.ts'
import { iniPath, program } from './paths.ts'
import type { GrafanaVars } from './vars.ts'

/** The unit of the server. Go gives memory back rather than pass four fifths of the limit; the kernel holds it to the rest. */
export function grafanaUnit(listen: Listen, { memory }: Pick<GrafanaVars, 'memory'>): string {
  const server = program('server', iniPath)
  const start =
    'address' in listen
      ? server
      : `/bin/sh -c 'GF_SERVER_HTTP_ADDR=$$(${asksOwnAddress(listen.name)}) && export GF_SERVER_HTTP_ADDR && exec ${server}'`
  return `# Written by provision.
${triesForEver.replace('[Unit]\n', '[Unit]\nDescription=Grafana\n')}
[Service]
User=grafana
Group=grafana
ExecStart=${start}
Restart=always
RestartSec=10
TimeoutStopSec=20
StateDirectory=grafana
StateDirectoryMode=0750
LogsDirectory=grafana
UMask=0027
Environment=GOMEMLIMIT=${Math.floor(memory * 0.8)}MiB
MemoryMax=${memory}M
MemorySwapMax=0
OOMPolicy=stop
LimitNOFILE=10000

${sandbox}
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}
