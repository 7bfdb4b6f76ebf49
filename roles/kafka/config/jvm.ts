import type { KafkaMemory } from '../memory.ts'
import { logFolder, stateFolder } from './paths.ts'

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)}m`

/** The Java of the Pi's own Debian that runs this server. @throws Error on a release that is not known */
export function javaOf(release: string): string {
  if (release === 'bookworm') return 'openjdk-17-jre-headless'
  if (release === 'trixie') return 'openjdk-21-jre-headless'
  throw new Error(`the role kafka knows which Java to take on bookworm and trixie, not on ${release}`)
}

/** What sizes the server's JVM. */
export function sizeOptions(memory: KafkaMemory): readonly string[] {
  return [
    `-Xms${mib(memory.heap)}`,
    `-Xmx${mib(memory.heap)}`,
    '-XX:+UseSerialGC',
    '-Xss256k',
    `-XX:MaxDirectMemorySize=${mib(memory.direct)}`,
    `-XX:MaxMetaspaceSize=${mib(memory.metaspace)}`,
    // A part of the metaspace; by default a GiB of addresses is set aside for it.
    `-XX:CompressedClassSpaceSize=${mib(memory.metaspace / 4)}`,
    `-XX:ReservedCodeCacheSize=${mib(memory.codeCache)}`,
    ...(memory.tiered ? [] : ['-XX:TieredStopAtLevel=1']),
    // Each thread would keep a direct buffer as large as its largest request.
    '-Djdk.nio.maxCachedBufferSize=262144',
  ]
}

/** The server's argument file. It opens no port for JMX: the exporter is inside, and `jcmd` on the Pi needs none. Logs of garbage collection are four files at most; of a heap that ran over one dump is kept, the first. */
export function serverOptions(memory: KafkaMemory): string {
  return `${[
    ...sizeOptions(memory),
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:+HeapDumpOnOutOfMemoryError',
    `-XX:HeapDumpPath=${stateFolder}/dump/heap.hprof`,
    `-Xlog:gc*:file=${logFolder}/gc.log:time,tags:filecount=3,filesize=2m`,
    '-XX:-UsePerfData',
    '-XX:+ErrorFileToStdout',
    '-Djava.awt.headless=true',
    '-Dlog4j2.configurationFile=file:/etc/kafka/log4j2.properties',
  ].join('\n')}\n`
}
