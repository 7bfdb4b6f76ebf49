/** What a configuration cannot start with, in one line for a person. */
export class DoesNotFit extends Error {}

/** The largest size that Flink counts with: a Java `long` of bytes. */
export const most = 2n ** 63n - 1n

/** All of them together. @throws {DoesNotFit} above what Flink counts with */
export function sum(...sizes: readonly bigint[]): bigint {
  const total = sizes.reduce((so, size) => so + size, 0n)
  if (total > most) throw new DoesNotFit(`sizes that add up to ${total} bytes are more than Flink counts with`)
  return total
}

/**
 * `bytes` × `factor`, cut to whole bytes. Flink multiplies the shortest decimal that stands for the factor, without rounding, so this does.
 * @throws {DoesNotFit} above what Flink counts with
 */
export function times(bytes: bigint, factor: number): bigint {
  const [, whole = '0', digits = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(factor)) ?? []
  const power = Number(exponent) - digits.length
  const product = bytes * BigInt(whole + digits) * 10n ** BigInt(Math.max(0, power))
  const scale = 10n ** BigInt(Math.max(0, -power))
  if (product > most * scale) throw new DoesNotFit(`${bytes} bytes times ${factor} are more than Flink counts with`)
  return product / scale
}

/** A size for a person. */
export function said(bytes: bigint): string {
  return bytes % 2n ** 20n === 0n ? `${bytes / 2n ** 20n} MiB` : `${bytes} bytes`
}
