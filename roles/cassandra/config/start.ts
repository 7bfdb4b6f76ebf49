import { asksOwnAddress, ownAddressPath, type Listen } from '../../../engine/listen.ts'
import { quote } from '../../../engine/shell.ts'
import { seedsOverride, stateFolder } from './yaml.ts'

/** What puts together the settings of a start, as the server's user. */
export const startPath = '/usr/local/lib/cassandra/settings-of-start'

/** Is there from before the first start of a new ring until the login every new ring has is taken away. */
export const unclaimedFile = `${stateFolder}/unclaimed`

/** Stands in the settings of a start that lets clients in from this Pi only. */
export const untilClaimed = '# Clients are let in from this Pi only, until the login every new ring has is taken away.'

/** Where a node listens and is found by the others, and where Prometheus finds it. */
export interface NodeAddress {
  readonly node: Listen
  /** Of the ring, where that is known: a name may stand for addresses of both. */
  readonly family: 4 | 6 | undefined
  readonly metrics: Listen
  readonly metricsPort: number
  /** The exporter's jar. */
  readonly agent: string
}

/** Holds data of a server that was one: the table of who it is has been written to the card. */
const nodesCard = `${stateFolder}/data/system/local-*/*-Data.db`

/**
 * Behind the settings come, at each start, the tokens, which stay what they were when the node joined, and the seeds, those of a change of
 * the ring where one is under way. A node that has become one, and is part of no change, is a seed for itself as well: else the second of two
 * would not start while the first one, its only seed, is away or has lost its card. Without its data it must not be, for a seed joins without
 * data. An address by name is looked up now: by itself the server would take what /etc/hosts says of its own
 * name, which is loopback.
 */
export function startScript({ node, family, metrics, metricsPort, agent }: NodeAddress): string {
  const variable = (name: string, listen: Listen) =>
    `${name}=${'address' in listen ? quote(listen.address) : `$(${asksOwnAddress(listen.name, family)})`}`
  // Where the seeds name the node it must know itself by its address.
  const named = 'address' in node ? '' : `s/\\([\\" ,]\\)${node.name.replaceAll('.', '\\.')}\\([\\",]\\|$\\)/\\1$address\\2/; `
  return `#!/bin/sh
# Written by provision. Puts together what this start of the server goes by.
set -eu
${variable('address', node)}
${variable('metrics', metrics)}
# IPv6 is quoted: some of it is a number to YAML.
case $address in *:*) quoted="\\"$address\\"" ;; *) quoted=$address ;; esac
case $metrics in *:*) metrics="[$metrics]" ;; esac
clients=$quoted note=
[ ! -e ${unclaimedFile} ] || { clients=127.0.0.1; note='${untilClaimed}'; }
cd /etc/cassandra
seeds=seeds.yaml itself=
if [ -e ${seedsOverride} ]; then seeds=${seedsOverride}; else
  # The inventory's seeds count for one that is a node. It knows itself, too, so that it starts where no other is up.
  for each in ${nodesCard}; do [ ! -e "$each" ] || itself="$address,"; done
fi
{
  sed "s/^\\(listen_address\\):.*/\\1: $quoted/; s/^\\(rpc_address\\):.*/\\1: $clients/" cassandra.yaml
  [ -z "$note" ] || echo "$note"
  cat ${stateFolder}/tokens.yaml
  sed "${named}s/- seeds: \\"*/&$itself/" $seeds
} >/run/cassandra/cassandra.yaml
echo "-javaagent:${agent}=$metrics:${metricsPort}:/etc/cassandra/jmx-exporter.yaml" >/run/cassandra/agent.options
`
}

/** Bash text that prints where this Pi's server listens, or will: as the inventory has it, then the address a name stands for. */
export const asksListens = `a=$(sed -n 's/^listen_address: *"\\{0,1\\}\\([^" ]*\\)"\\{0,1\\} *$/\\1/p' /etc/cassandra/cassandra.yaml 2>/dev/null)
[ -n "$a" ] && { echo "$a"
case $a in *:*) ;; *[!0-9.]*) ${ownAddressPath} "$a" $(sed -n 's/^# family: //p' /etc/cassandra/cassandra.yaml) 2>/dev/null ;; esac; }`
