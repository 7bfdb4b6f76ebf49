import { describe, expect, it } from 'vitest'
import { jvmRefusal, jvmSizes, representable, sizeFlags } from '../../../../roles/flink/memory/jvm.ts'
import { flinkPlan, type FlinkPlan } from '../../../../roles/flink/memory/plan.ts'

const MiB = 2n ** 20n
const plan = flinkPlan({ ram: 2 ** 30, others: 96 * 2 ** 20, node: 'both', slots: 1, backend: 'hashmap', bits: 64 }) as FlinkPlan
const { taskManager } = plan
if (!taskManager) throw new Error('no TaskManager')

describe('what a JVM is told', () => {
  it('is its sizes, and what keeps it small', () => {
    expect(sizeFlags(jvmSizes(taskManager.memory), taskManager.native, 64)).toEqual([
      '-Xms236m',
      '-Xmx236m',
      '-XX:MaxDirectMemorySize=40m',
      '-XX:MaxMetaspaceSize=88m',
      '-XX:CompressedClassSpaceSize=22m',
      '-XX:+UseSerialGC',
      '-Xss512k',
      '-XX:ReservedCodeCacheSize=24m',
      '-XX:TieredStopAtLevel=1',
      '-Djdk.nio.maxCachedBufferSize=262144',
    ])
  })

  it('with 32 bits knows no compressed classes', () => {
    expect(sizeFlags(jvmSizes(taskManager.memory), taskManager.native, 32).join(' ')).not.toContain('CompressedClassSpaceSize')
  })
})

describe('the two errors of the notes', () => {
  // Flink 1.9 wrote this into bin/taskmanager.sh.
  const noLimit = 8_388_607n * 2n ** 40n

  it('8388607T is what a JVM of 64 bits can count, and one of 32 bits cannot', () => {
    expect(noLimit <= representable(64)).toBe(true)
    expect(jvmRefusal(taskManager.memory, 64, noLimit)).toBeUndefined()
    expect(jvmRefusal(taskManager.memory, 32, noLimit)).toBe(
      '-XX:MaxDirectMemorySize=9223370937343148032 is more than this JVM can count: with 32 bits 4294967295 bytes are the most ' +
        '("The specified size exceeds the maximum representable size", says Java 8; later ones take it for no limit). Flink up to 1.9 wrote 8388607T there for "no limit"; ' +
        '40 MiB are what this process uses. It is no want of RAM',
    )
  })

  it('10000000 is 9 MiB: what was allocated of the 9, 12, 29 and 64 asked for', () => {
    expect(jvmRefusal({ ...taskManager.memory, network: 12n * MiB, direct: 12n * MiB }, 64, 10_000_000n)).toBe(
      '-XX:MaxDirectMemorySize=10000000 allows 9 MiB of direct memory, and 12 are needed, 12 of them for the network ' +
        '("Could not allocate enough memory segments for NetworkBufferPool … Direct buffer memory"): a number without a unit is bytes. ' +
        'More heap does not help; leave the limit to the plan, or plan less network memory',
    )
  })

  it('a plan itself has neither, with any bits', () => {
    for (const bits of [32, 64] as const) expect(jvmRefusal(taskManager.memory, bits)).toBeUndefined()
  })

  it('addresses are short with 32 bits, whatever the RAM', () => {
    expect(jvmRefusal({ heap: 1900n * MiB, offHeap: 100n * MiB, metaspace: 100n * MiB }, 32)).toMatch(/install the 64-bit system/)
    expect(jvmRefusal({ heap: 1900n * MiB, offHeap: 100n * MiB, metaspace: 100n * MiB }, 64)).toBeUndefined()
  })
})
