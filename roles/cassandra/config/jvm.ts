import type { Facts } from '../../../engine/facts.ts'
import { systemCopies } from '../ring/copies.ts'
import type { CassandraMemory } from '../memory.ts'
import type { CassandraVars } from '../vars.ts'

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)}m`

/** What the server reaches into: the list of the release's jvm17-server.options. nodetool needs it as well. */
const exports = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/java.lang.ref',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
]
const opens = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/sun.nio.ch',
  'java.rmi/sun.rmi.transport.tcp',
  'jdk.management/com.sun.management.internal',
]

/** The Java of the Pi's own Debian that runs this server. */
export function javaOf(release: string): {
  readonly package: string
  readonly options: readonly string[]
  readonly opens: readonly string[]
} {
  if (release === 'bookworm')
    return { package: 'openjdk-17-jre-headless', options: [], opens: [...opens, 'java.base/jdk.internal.util.jar'] }
  // Upstream names 11 and 17; on 21 it runs once the security manager may be set.
  if (release === 'trixie') return { package: 'openjdk-21-jre-headless', options: ['-Djava.security.manager=allow'], opens }
  throw new Error(`the role cassandra knows which Java to take on bookworm and trixie, not on ${release}`)
}

const lines = (options: readonly string[]) => `${options.join('\n')}\n`

/** An argument file: what internals are open. */
export function openOptions(release: string): string {
  return lines([
    ...exports.map(name => `--add-exports=${name}=ALL-UNNAMED`),
    ...javaOf(release).opens.map(name => `--add-opens=${name}=ALL-UNNAMED`),
  ])
}

/**
 * The server's argument file. `family`: of the ring's addresses, where that is known. Nothing in it depends on other nodes: a fleet that
 * grows restarts nobody.
 */
export function serverOptions(
  facts: Pick<Facts, 'release'>,
  memory: CassandraMemory,
  vars: CassandraVars,
  family: 4 | 6 | undefined,
): string {
  const large = memory.heap >= 2 * 1024 * 1024 * 1024
  return lines([
    `-Xms${mib(memory.heap)}`,
    `-Xmx${mib(memory.heap)}`,
    // A large heap on four cores is worth G1's threads and tables; a small one is not.
    ...(large ? ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=300'] : [`-Xmn${mib(memory.young)}`, '-XX:+UseSerialGC']),
    '-Xss256k',
    `-XX:MaxDirectMemorySize=${mib(memory.direct)}`,
    `-XX:MaxMetaspaceSize=${mib(memory.metaspace)}`,
    `-XX:ReservedCodeCacheSize=${mib(memory.codeCache)}`,
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    // It may write no file but its data: what it says of a crash goes to the journal.
    '-XX:+ErrorFileToStdout',
    '-Djdk.attach.allowAttachSelf=true',
    ...(family === 4 ? ['-Djava.net.preferIPv4Stack=true'] : []),
    ...javaOf(facts.release).options,
    '-Dcassandra.config=file:///run/cassandra/cassandra.yaml',
    '-Dlogback.configurationFile=/etc/cassandra/logback.xml',
    '-Dcassandra.storagedir=/var/lib/cassandra',
    // Reachable on the loopback interface only.
    '-Dcassandra.jmx.local.port=7199',
    '-Dcassandra-foreground=yes',
    // The default superuser is there at once: it is replaced right after the first start.
    '-Dcassandra.superuser_setup_delay_ms=0',
    // What streamed to a node before it fell over is too old when it tries again: writes of the time between went to others only.
    '-Dcassandra.reset_bootstrap_progress=true',
    ...(vars.ringDelay === 30 ? [] : [`-Dcassandra.ring_delay_ms=${vars.ringDelay * 1000}`]),
  ])
}

/**
 * Options that count on a node's first start only: copies of the tables the server makes then, and the dead node whose place it takes,
 * by its address.
 */
export function firstOptions(replaces?: string): string {
  return lines([
    `-Dcassandra.system_distributed.default_rf=${systemCopies.system_distributed}`,
    `-Dcassandra.system_traces.default_rf=${systemCopies.system_traces}`,
    ...(replaces === undefined ? [] : [`-Dcassandra.replace_address_first_boot=${replaces}`]),
  ])
}
