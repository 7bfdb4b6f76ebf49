import { fileURLToPath } from 'node:url'
import { packMaven, type ArtifactOptions } from '../../engine/artifacts/index.ts'
import type { Artifact } from '../../engine/resources/archive.ts'
import type { StateBackend } from './memory/place.ts'

/** What both processes are made of: the runtime closure of this pom, and nothing else is on a Pi. */
export const pom = fileURLToPath(new URL('pom.xml', import.meta.url))

/** Jars of the closure that are not packed. `async-profiler` has natives of other platforms; dialects are those of databases the fleet has not. */
export function leftOut(backend: StateBackend): readonly RegExp[] {
  return [
    /^async-profiler/,
    /^flink-connector-jdbc-(postgres|oceanbase|oracle|cratedb|sqlserver|trino|db2)/,
    /^(jsr305|error_prone_annotations|j2objc-annotations|checker-qual|listenablefuture)/,
    // 41 MB: RocksDB with its natives.
    ...(backend === 'rocksdb' ? [] : [/^(frocksdbjni|flink-statebackend-rocksdb)/]),
  ]
}

/** Flink with its connectors, as one archive with a `lib` folder. */
export function packFlink(backend: StateBackend, options: ArtifactOptions = {}): Promise<Artifact> {
  return packMaven(pom, { ...options, leaveOut: leftOut(backend) })
}
