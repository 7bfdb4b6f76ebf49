import { sandbox } from '../../../engine/sandbox.ts'
import { fileURLToPath } from 'node:url'
import { asksOwnAddress, type Listen } from '../../../engine/listen.ts'
import { quote } from '../../../engine/shell.ts'
import { dataFolder, tlsFiles } from '../config/paths.ts'
import type { Member } from '../members.ts'

const MiB = 2 ** 20

/** The guard as source, and where it is on a broker. */
export const guardEntry = fileURLToPath(new URL('kafka-guard.ts', import.meta.url))
export const guardPath = '/usr/local/lib/kafka/kafka-guard.cjs'
export const guardStartPath = '/usr/local/lib/kafka/guard'
export const guardConfigPath = '/etc/kafka/guard.json'

/** What a guard goes by. */
export interface GuardConfig {
  /** Its broker's number, and where brokers reach it. */
  readonly id: number
  readonly at: { readonly host: string; readonly port: number }
  readonly caFile: string
  readonly ownFile: string
  readonly topic: string
  /** The folder whose file system is watched. */
  readonly folder: string
  /** Bytes that stay free. */
  readonly floor: number
  /** Of its page. */
  readonly port: number
}

/** The guard of one broker. */
export function guardConfig({ host, vars, id }: Member): GuardConfig {
  return {
    id,
    at: { host: host.address, port: vars.brokerPort },
    caFile: tlsFiles.ca,
    ownFile: tlsFiles.own,
    topic: vars.topic,
    folder: dataFolder,
    floor: vars.floor * MiB,
    port: vars.guardPort,
  }
}

/**
 * Starts it, with the address its page is at. It does next to nothing, so its code is not optimised: the compiler for that would be 4 MiB of
 * its own (RSS).
 */
export function guardStart(listen: Listen): string {
  const address = 'address' in listen ? quote(listen.address) : `"$(${asksOwnAddress(listen.name)})"`
  return `#!/bin/sh
# Written by provision.
set -eu
address=${address}
exec /usr/bin/node --max-old-space-size=8 --max-semi-space-size=1 --no-opt ${guardPath} ${guardConfigPath} "$address"
`
}

/** It goes on when the broker does not: what it last asked for is in force, and it asks again when the broker is back. */
export const guardUnit = `# Written by provision.
[Unit]
Description=Guard of Kafka's card
After=network-online.target kafka.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=kafka
Group=kafka
ExecStart=${guardStartPath}
# Its threads share one arena of malloc; each other one would keep pages of its own.
Environment=MALLOC_ARENA_MAX=1
Restart=always
RestartSec=5
MemoryMax=64M
${sandbox}
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallFilter=capset
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
`
