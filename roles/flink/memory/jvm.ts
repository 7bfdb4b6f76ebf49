import type { Native } from './native.ts'
import type { Bits } from './place.ts'

const MiB = 2n ** 20n

/** What a JVM is told, in bytes. */
export interface JvmSizes {
  readonly heap: bigint
  /** All direct memory; a JobManager's is what Flink calls its off-heap. */
  readonly direct: bigint
  readonly metaspace: bigint
}

interface Sizes {
  readonly heap: bigint
  readonly direct?: bigint
  readonly offHeap?: bigint
  readonly metaspace: bigint
  readonly network?: bigint
}

/** The sizes a JVM is told for a process of Flink. */
export function jvmSizes({ heap, direct, offHeap, metaspace }: Sizes): JvmSizes {
  return { heap, direct: direct ?? offHeap ?? 0n, metaspace }
}

/** Up to what a JVM reads a size: 4 GiB with 32 bits. */
export const representable = (bits: Bits): bigint => (bits === 32 ? 2n ** 32n : 2n ** 63n) - 1n

/** What a 32-bit process can hold in addresses beside its libraries, whatever the RAM. */
const addresses = 2048n * MiB

/**
 * Why a JVM does not start, or a TaskManager not in it, with these sizes: the words for what Java says in its own.
 * `limit` is a limit of direct memory that somebody else wrote; without it Flink's own sum is taken, which is never too small.
 */
export function jvmRefusal(memory: Sizes | undefined, bits: Bits, limit?: bigint): string | undefined {
  if (memory === undefined) return undefined
  const { heap, direct, metaspace } = jvmSizes(memory)
  const given = limit ?? direct
  if (given > representable(bits))
    return (
      `-XX:MaxDirectMemorySize=${given} is more than this JVM can count: with ${bits} bits ${representable(bits)} bytes are the most ` +
      '("The specified size exceeds the maximum representable size", says Java 8; later ones take it for no limit). Flink up to 1.9 wrote 8388607T there for "no limit"; ' +
      `${direct / MiB} MiB are what this process uses. It is no want of RAM`
    )
  if (given < direct)
    return (
      `-XX:MaxDirectMemorySize=${given} allows ${given / MiB} MiB of direct memory, and ${direct / MiB} are needed` +
      `${memory.network === undefined ? '' : `, ${memory.network / MiB} of them for the network`} ` +
      '("Could not allocate enough memory segments for NetworkBufferPool … Direct buffer memory"): a number without a unit is bytes. ' +
      'More heap does not help; leave the limit to the plan, or plan less network memory'
    )
  if (bits === 32 && heap + given + metaspace > addresses)
    return (
      `heap ${heap / MiB}, direct memory ${given / MiB} and metaspace ${metaspace / MiB} MiB are more than a 32-bit JVM has addresses for, ` +
      `${addresses / MiB} MiB: install the 64-bit system, or give this process less`
    )
  return undefined
}

const inMiB = (bytes: bigint | number) => `${BigInt(bytes) / MiB}m`

/** What sizes a process's JVM. */
export function sizeFlags(sizes: JvmSizes, native: Native, bits: Bits): readonly string[] {
  return [
    `-Xms${inMiB(sizes.heap)}`,
    `-Xmx${inMiB(sizes.heap)}`,
    `-XX:MaxDirectMemorySize=${inMiB(sizes.direct)}`,
    `-XX:MaxMetaspaceSize=${inMiB(sizes.metaspace)}`,
    // A part of the metaspace; by default a GiB of addresses is set aside for it. A JVM of 32 bits has none.
    ...(bits === 64 ? [`-XX:CompressedClassSpaceSize=${inMiB(sizes.metaspace / 4n)}`] : []),
    '-XX:+UseSerialGC',
    `-Xss${native.stack / 1024}k`,
    `-XX:ReservedCodeCacheSize=${inMiB(native.codeCache)}`,
    ...(native.tiered ? [] : ['-XX:TieredStopAtLevel=1']),
    // Each thread would keep a direct buffer as large as its largest request.
    '-Djdk.nio.maxCachedBufferSize=262144',
  ]
}
