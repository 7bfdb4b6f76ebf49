import type { RoleAnswer } from '../../engine/status.ts'
import { percent } from '../shares.ts'
import { versionOf } from '../version.ts'
import { readGuard } from './guard/status.ts'

/** Reads a broker's own figures, its release among them; `share` is what of all partitions it is to lead, by weight. No JVM is started for it. */
export function readKafka(output: string, share: number): RoleAnswer {
  const value = (name: string) => {
    const found = new RegExp(`^kafka_${name} ([\\d.eE+-]+)$`, 'm').exec(output)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [partitions, leads] = [value('server_partitioncount'), value('server_leadercount')]
  if (partitions === undefined || leads === undefined) return { wrong: ['it runs and does not answer'] }
  const [under, least, offline] = [
    value('server_underreplicatedpartitions'),
    value('server_underminisrpartitioncount'),
    value('controller_offlinepartitionscount'),
  ]
  const bytes = [...output.matchAll(/^kafka_log_size_bytes\{.*\} ([\d.eE+-]+)$/gm)].reduce((sum, [, size]) => sum + Number(size), 0)
  const guard = readGuard(output)
  const version = versionOf(output)
  return {
    wrong: [
      ...guard.wrong,
      ...(under ? [`${under} of the ${leads} partitions it leads lack a copy: is a broker down?`] : []),
      ...(least ? [`${least} partitions have too few copies, and take no readings`] : []),
      ...(offline ? [`${offline} partitions of the cluster have no leader`] : []),
    ],
    warns: guard.warns,
    says: [
      ...(version === undefined ? [] : [`Kafka ${version}`]),
      `leads ${leads} of ${partitions} partitions it holds, and is to lead ${percent(share)} of all`,
      `holds ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    ],
  }
}
