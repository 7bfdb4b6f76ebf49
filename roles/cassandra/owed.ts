import type { Shell } from '../../engine/resources/index.ts'

const folder = '/var/lib/provision/owed'

/** Notes on the Pi, for good, that a keyspace must be repaired. */
export function owes(keyspace: string): Shell {
  return `mkdir -p ${folder} && : >${folder}/repair-${keyspace} && sync ${folder}/repair-${keyspace} ${folder}`
}
