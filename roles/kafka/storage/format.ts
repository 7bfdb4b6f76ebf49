import { quote } from '../../../engine/shell.ts'
import { dataFolder, metaFile } from '../config/paths.ts'

/** How a broker's storage begins: it starts the cluster, or it joins the one there is. */
export type Beginning = 'starts' | 'joins'

/** What Kafka has noted in a broker's storage. */
export interface Formatted {
  readonly cluster: string
  readonly node: number
  /** The storage's own id: another one on a card that was replaced. */
  readonly directory: string
}

/** Reads meta.properties; undefined where it is none that Kafka wrote. */
export function parseMeta(text: string): Formatted | undefined {
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1]?.trim()
  const [cluster, node, directory] = [value('cluster\\.id'), value('node\\.id'), value('directory\\.id')]
  if (cluster === undefined || node === undefined || directory === undefined) return undefined
  return { cluster, node: Number(node), directory }
}

/** Words after `kafka.tools.StorageTool`: a dynamic quorum, of this one controller or of whoever is in it already. */
export function formatWords(settings: string, cluster: string, beginning: Beginning): readonly string[] {
  return ['format', `--config=${settings}`, `--cluster-id=${cluster}`, beginning === 'starts' ? '--standalone' : '--no-initial-controllers']
}

/** Exit 0 where the storage is formatted for this broker of this cluster. */
export const isFormatted = (cluster: string, node: number): string =>
  `grep -qxF ${quote(`cluster.id=${cluster}`)} ${metaFile} 2>/dev/null && grep -qx 'node\\.id=${node}' ${metaFile}`

/**
 * Formats an empty storage, as the server's user, and nothing else: with anything in it, it refuses. Bash text. It formats beside and renames, so that a
 * cut leaves either nothing or all of it.
 */
export function formatText(cluster: string, beginning: Beginning): string {
  const beside = `${dataFolder}.new`
  const words = formatWords('/run/kafka-format.properties', cluster, beginning)
  return `set -eu
[ -z "$(ls -A ${dataFolder} 2>/dev/null)" ] || { echo ${quote(`${dataFolder} is not empty: storage is formatted once, and never over data`)} >&2; exit 1; }
rm -rf ${beside}; install -d -m 0750 -o kafka -g kafka ${beside}
cat /etc/kafka/server.properties /etc/kafka/fleet.properties | sed 's|^log\\.dirs=.*|log.dirs=${beside}|' >/run/kafka-format.properties
setpriv --reuid=kafka --regid=kafka --clear-groups -- /usr/bin/java -Xmx64m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \\
  -Dlog4j2.configurationFile=file:/etc/kafka/log4j2.properties -cp '/opt/kafka/lib/*' kafka.tools.StorageTool ${words.map(quote).join(' ')}
rm -f /run/kafka-format.properties; sync -f ${beside}
[ ! -d ${dataFolder} ] || rmdir ${dataFolder}
mv -T ${beside} ${dataFolder}`
}
