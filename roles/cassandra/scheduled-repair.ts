import { journalOnHost } from './rebalance/operation.ts'
import type { CassandraVars } from './vars.ts'

/** Where each Pi keeps when its last repairs ended well: a file a keyspace, ISO 8601 in it. */
export const repairedFolder = '/var/lib/provision/cassandra'

/** The file of one keyspace. */
export const repairedFile = (keyspace: string) => `${repairedFolder}/repaired-${keyspace}`

export const repairUnit = 'cassandra-repair'
export const repairScriptPath = '/usr/local/lib/cassandra/repair.sh'

/** Keyspaces of which more than one node is to hold the same rows. Of one copy there is nothing to repair. */
export function repairedKeyspaces({ keyspace, replication }: Pick<CassandraVars, 'keyspace' | 'replication'>): string[] {
  return ['system_auth', ...(replication > 1 ? [keyspace] : [])]
}

/**
 * What the timer starts. It repairs only the ranges this node is the first to hold, one range at a time, and only while every node is up
 * and normal, no change of the ring is under way and nobody else repairs; else it says why not and is started again later (exit code 75).
 */
export function repairScript(keyspaces: readonly string[]): string {
  return `#!/bin/bash
# Written by provision. Compares this node's part of each keyspace with the other copies of it.
later() { echo "skipped: $1; tries again later"; exit 75; }
[ ! -e ${journalOnHost} ] || later 'a rebalance is under way, or was cut off'
status=$(nodetool status 2>/dev/null) || later 'the server does not answer'
nodes=$(grep -cE '^[UD?][NLJM] ' <<<"$status")
away=$(grep -E '^[UD?][NLJM] ' <<<"$status" | grep -v '^UN' | awk '{print $2 " is " $1}' | paste -sd, -)
[ -z "$away" ] || later "the ring is not whole: $away"
[ "$nodes" -gt 1 ] || { echo 'skipped: this node is alone, there is no other copy'; exit 0; }
# Every node tells the others what it repairs. What began long ago and has no end was cut off.
since=$(date -u -d '-6 hours' +%FT%TZ)
history=$(cql --json -e 'SELECT keyspace_name, started_at, finished_at FROM system_distributed.parent_repair_history') || later 'nobody can be asked who repairs'
busy=$(node -e '
  const [since] = process.argv.slice(1)
  const rows = require("node:fs").readFileSync(0, "utf8").split("\\n").filter(Boolean).map(JSON.parse)
  console.log([...new Set(rows.filter(row => row.finished_at === null && row.started_at > since).map(row => row.keyspace_name))].join(", "))
' "$since" <<<"$history")
[ -z "$busy" ] || later "a repair runs already: $busy"
install -d -m 0755 ${repairedFolder}
for keyspace in ${keyspaces.join(' ')}; do
  nodetool repair -full -pr -seq -j 1 "$keyspace" || { echo "repair of $keyspace failed"; exit 1; }
  date -u +%FT%TZ >${repairedFolder}/.repaired-new && sync ${repairedFolder}/.repaired-new && mv -fT ${repairedFolder}/.repaired-new "${repairedFolder}/repaired-$keyspace" || exit 1
  echo "$keyspace is repaired"
done
`
}

export const repairService = `# Written by provision.
[Unit]
Description=Repair of this node's part of the ring
After=cassandra.service
StartLimitIntervalSec=1d
StartLimitBurst=20

[Service]
Type=oneshot
ExecStart=${repairScriptPath}
Nice=19
IOSchedulingClass=idle
TimeoutStartSec=12h
# What was not the time for is tried again, as is what failed.
Restart=on-failure
RestartSec=30min
`

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/**
 * When a node repairs: each at a time of its own, so that one is done before the next begins.
 * `position`: which of the nodes it is, from 0.
 */
export function repairCalendar(every: 'daily' | 'weekly', position: number): string {
  const hour = String((2 + (every === 'weekly' ? Math.floor(position / 7) : position) * 2) % 24).padStart(2, '0')
  return every === 'weekly' ? `${days[position % 7]} *-*-* ${hour}:00:00` : `*-*-* ${hour}:00:00`
}

export function repairTimer(every: 'daily' | 'weekly', position: number): string {
  return `# Written by provision.
[Unit]
Description=Repair of this node's part of the ring, ${every}

[Timer]
OnCalendar=${repairCalendar(every, position)}
# Nodes that were all off come back at one time.
RandomizedDelaySec=30min
Persistent=true

[Install]
WantedBy=timers.target
`
}
