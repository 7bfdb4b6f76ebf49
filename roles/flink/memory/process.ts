import { DoesNotFit, said, sum } from './arithmetic.ts'
import { checkWithin, partBeside, partOf, range } from './range.ts'

const MiB = 2n ** 20n

/** What both kinds of process are told, in bytes. Nothing in it has to be there. */
export interface ProcessOptions {
  /** All of the process. */
  readonly process?: bigint
  /** Without metaspace and overhead. */
  readonly flink?: bigint
  readonly metaspace?: bigint
  readonly overheadMin?: bigint
  readonly overheadMax?: bigint
  readonly overheadFraction?: number
}

/** How a kind of process divides what is Flink's own. */
export interface Kind<Parts extends { readonly flink: bigint }> {
  /** `taskmanager` or `jobmanager`. */
  readonly name: string
  /** The parts the rest follows from, where all of them are given. */
  readonly given: boolean
  /** What a person may give for them, to say so. */
  readonly asks: string
  fromParts(): Parts
  fromTotal(flink: bigint): Parts
}

/** What a process consists of, in bytes. */
export type ProcessMemory<Parts> = Parts & { readonly metaspace: bigint; readonly overhead: bigint; readonly process: bigint }

/**
 * All parts of a process, by Flink's own rules: from its fine parts where they are given, else from Flink's total, else from the process's.
 * @throws {DoesNotFit} where Flink would not start
 */
export function processMemory<Parts extends { readonly flink: bigint }>(options: ProcessOptions, kind: Kind<Parts>): ProcessMemory<Parts> {
  const { metaspace = 256n * MiB } = options
  const overhead = () =>
    range(
      `${kind.name}.memory.jvm-overhead`,
      options.overheadMin ?? 192n * MiB,
      options.overheadMax ?? 1024n * MiB,
      options.overheadFraction ?? 0.1,
    )
  const whole = (parts: Parts, ofOverhead: bigint): ProcessMemory<Parts> => ({
    ...parts,
    metaspace,
    overhead: ofOverhead,
    process: sum(parts.flink, metaspace, ofOverhead),
  })

  if (kind.given) {
    const parts = kind.fromParts()
    return whole(parts, overheadBeside(parts.flink))
  }
  if (options.flink !== undefined) {
    const parts = kind.fromTotal(options.flink)
    return whole(parts, overheadBeside(options.flink))
  }
  if (options.process === undefined)
    throw new DoesNotFit(
      `nothing is told of the ${kind.name}'s memory: it needs ${kind.asks}, or ${kind.name}.memory.flink.size, or ${kind.name}.memory.process.size`,
    )
  const ofOverhead = partOf(options.process, overhead())
  const besides = sum(metaspace, ofOverhead)
  if (besides > options.process)
    throw new DoesNotFit(
      `${kind.name}: metaspace ${said(metaspace)} and overhead ${said(ofOverhead)} are more than the process may have, ${said(options.process)}`,
    )
  return whole(kind.fromTotal(options.process - besides), ofOverhead)

  /** Overhead of a process whose own parts are known: what is left of its total where that is given as well. */
  function overheadBeside(flink: bigint): bigint {
    const own = sum(flink, metaspace)
    if (options.process === undefined) return partBeside(own, overhead())
    if (options.process < own)
      throw new DoesNotFit(
        `${kind.name}: Flink's own ${said(flink)} and metaspace ${said(metaspace)} are more than the process may have, ${said(options.process)}`,
      )
    const left = options.process - own
    checkWithin(overhead(), left)
    return left
  }
}
