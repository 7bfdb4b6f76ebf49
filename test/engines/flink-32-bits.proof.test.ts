import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { jvmRefusal, representable } from '../../roles/flink/memory/jvm.ts'
import { Java32, possible32 } from './flink-support/java-32.ts'
import { planOf } from './flink-support/plan-of.ts'

const mebibyte = 2n ** 20n

/** `npm run proof:flink` fetches JVMs of 32 bits, from Debian's packages. */
describe.skipIf(!possible32)("the notes' first error, on a JVM of 32 bits", { timeout: 300_000 }, () => {
  const { taskManager } = planOf(1024, { bits: 32 })
  const notes = 8_388_607n * 2n ** 40n

  const starts = (java: Java32, limit: string) => java.run(`-XX:MaxDirectMemorySize=${limit}`, '-Xmx32m', '-version')

  test('of Java 8, as the notes had it: their own words, up to the byte where the plan says so, and what it plans itself starts', async () => {
    const java = await Java32.fetch('sid', 8)
    try {
      const { code, said } = starts(java, '8388607T')
      expect(code).toBe(1)
      expect(said).toMatch(
        /^Invalid maximum direct memory size: -XX:MaxDirectMemorySize=8388607T\nThe specified size exceeds the maximum representable size\.\nError: Could not create the Java Virtual Machine\./m,
      )
      expect(jvmRefusal(taskManager?.memory, 32, notes)).toContain('The specified size exceeds the maximum representable size')

      const most = representable(32)
      expect([starts(java, String(most)).code, starts(java, String(most + 1n)).code]).toEqual([0, 1])
      expect(starts(java, `${(taskManager?.memory.direct ?? 0n) / mebibyte}m`).code).toBe(0)
    } finally {
      rmSync(java.folder, { recursive: true })
    }
  })

  test('of Java 17, which Flink runs on here: it takes that number, and what the plan says instead', async () => {
    const java = await Java32.fetch('bookworm', 17)
    try {
      expect([starts(java, '8388607T').code, starts(java, '40m').code]).toEqual([0, 0])
    } finally {
      rmSync(java.folder, { recursive: true })
    }
  })
})
