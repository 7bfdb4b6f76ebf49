import { fileURLToPath } from 'node:url'
import { packMaven, type ArtifactOptions } from '../../engine/artifacts/index.ts'
import type { Artifact } from '../../engine/resources/archive.ts'

/** What the server is made of: the runtime closure of this pom, and nothing else is on a Pi. */
export const pom = fileURLToPath(new URL('pom.xml', import.meta.url))

/**
 * Jars of the closure that no server loads: Connect with its web server, and what the release's own command line tools need. A server that starts,
 * keeps a topic, takes compressed batches and serves a consumer group loads none of them; commons-validator stays, it reads addresses.
 */
export const leftOut: readonly RegExp[] = [
  /^(connect|jetty|jersey|hk2|jakarta\.|javax\.|jaxb|activation|swagger|aopalliance|osgi)/,
  /^jackson-(jakarta|module|dataformat-csv|datatype)/,
  /^(javassist|classgraph|maven-artifact|plexus-utils|scala-reflect|kafka-tools-\d)/,
  /^commons-(?!validator)/,
]

/** Kafka's server and its JMX exporter, as one archive with a `lib` folder. */
export function packKafka(options: ArtifactOptions = {}): Promise<Artifact> {
  return packMaven(pom, { ...options, leaveOut: leftOut })
}

/** The exporter's jar in that folder. */
export const agentJar = 'jmx_prometheus_javaagent-1.0.1.jar'
