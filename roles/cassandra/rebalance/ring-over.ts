import type { Hosts } from '../../../engine/operation/index.ts'
import { overShell } from '../node/index.ts'
import type { Surveyed } from './survey.ts'

/** The hosts of an operation, as everything that changes a ring sees them. */
export function ringOver(hosts: Hosts, keyspace: string): Surveyed {
  return {
    ring: overShell((host, text, seconds) => hosts.text(host, text, seconds), keyspace),
    kept: host => hosts.kept(host),
    holder: host => hosts.holder(host),
  }
}
