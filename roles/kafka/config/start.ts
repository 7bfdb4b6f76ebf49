import { quote } from '../../../engine/shell.ts'
import { asksOwnAddress, type Listen } from '../../../engine/listen.ts'
import { agentJar } from '../artifact.ts'
import { settingsFile } from './paths.ts'

/** What puts together the settings of a start, as the server's user. */
export const startPath = '/usr/local/lib/kafka/settings-of-start'

/** Joins what this Pi says and what the fleet says, and tells the exporter where to listen. */
export function startScript(metrics: Listen, metricsPort: number): string {
  const address = 'address' in metrics ? quote(metrics.address) : `$(${asksOwnAddress(metrics.name)})`
  return `#!/bin/sh
# Written by provision. Puts together what this start of the server goes by.
set -eu
metrics=${address}
case $metrics in *:*) metrics="[$metrics]" ;; esac
cat /etc/kafka/server.properties /etc/kafka/fleet.properties >${settingsFile}
echo "-javaagent:/opt/kafka/lib/${agentJar}=$metrics:${metricsPort}:/etc/kafka/jmx-exporter.yaml" >/run/kafka/agent.options
`
}
