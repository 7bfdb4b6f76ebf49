import { sandbox } from '../../engine/sandbox.ts'
import { quote } from '../../engine/shell.ts'
import { apiPath } from './api.ts'

export const watchPath = '/usr/local/lib/provision/prometheus-watch'
export const watchUnit = 'prometheus-watch'

/**
 * A program that raises an alert itself once Alertmanager has had no `Watchdog` for `patience` seconds: Prometheus is dead, cannot be
 * reached, or has no rules. It ends the alert when the first one comes again.
 */
export function watchProgram(host: string, patience: number): string {
  const every = Math.max(3, Math.min(30, Math.floor(patience / 3)))
  const alert = JSON.stringify({
    labels: { alertname: 'PrometheusSilent', severity: 'critical', seenBy: host },
    annotations: { summary: `Alertmanager on ${host} hears nothing of Prometheus: no other alert can come.` },
  }).slice(1)
  return `#!/bin/bash
# Written by provision. Tells people by way of Alertmanager when Prometheus falls silent.
raises() { ${apiPath} POST /api/v2/alerts '[{"endsAt":"'"$(date -u -d "$1" +%FT%TZ)"'",'${quote(alert)}']' >/dev/null; }
silent=0 raised=
while sleep ${every}; do
  # An Alertmanager that does not answer tells nobody anything: that is what its heartbeat is for.
  answer=$(${apiPath} GET '/api/v2/alerts?filter=alertname%3D%22Watchdog%22' 2>/dev/null) || continue
  if [[ $answer == *'"alertname":"Watchdog"'* ]]; then
    [ -z "$raised" ] || { raises now && raised=; }
    silent=0
  elif (((silent += ${every}) >= ${patience})); then
    # It ends by itself where nobody says it again.
    raises '+${every * 4} seconds' && raised=yes
  fi
done
`
}

export const watchService = `# Written by provision.
[Unit]
Description=Tells when Prometheus falls silent
After=prometheus-alertmanager.service

[Service]
User=prometheus
ExecStart=${watchPath}
Restart=always
RestartSec=10
MemoryMax=16M
${sandbox}
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# The program that tells the Pi's addresses gives up what rights it has, and ends where it may not.
SystemCallFilter=capset
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
