import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sizeOptions } from '../../../../roles/kafka/config/jvm.ts'
import { kafkaMemory, kafkaUse, promisedRss, replicasOf } from '../../../../roles/kafka/memory.ts'

const MiB = 2 ** 20
const of = (ram: number, cores = 4, vars = {}) => kafkaMemory({ memory: ram * MiB, cores }, { replication: 1, ...vars })

describe('memory of a broker', () => {
  it.for<[ram: number, heap: number]>([
    [512, 96],
    [1024, 128],
    [2048, 256],
    [4096, 512],
    [8192, 1024],
  ])('fits a Pi of %i MiB beside its system', ([ram, heap]) => {
    const use = Object.values(kafkaUse({ memory: ram * MiB, cores: 4 }, { replication: 1 })).reduce((sum, part) => sum + part, 0)
    expect(of(ram).heap).toBe(heap * MiB)
    expect(use / MiB + 96).toBeLessThanOrEqual(ram)
  })

  it('is that of the board, also where kernel and graphics keep some of it', () => {
    expect(of(906)).toEqual(of(1024))
    expect(of(430)).toEqual(of(512))
  })

  it('grows with the partitions', () => {
    expect(of(512, 4, { partitions: 256, replication: 3 }).heap).toBe((64 + 49) * MiB)
  })

  it('takes a heap that is told, and direct memory as large as that asks for', () => {
    expect(of(1024, 4, { heap: 200 })).toMatchObject({ heap: 200 * MiB, direct: 50 * MiB })
    expect(of(1024, 4, { heap: 80 })).toMatchObject({ heap: 80 * MiB, direct: 24 * MiB })
  })

  it('plans the page cache that is told', () => {
    const cache = (vars: object) =>
      kafkaUse({ memory: 1024 * MiB, cores: 4 }, { replication: 1, ...vars })['page cache for the newest readings']
    expect([cache({}), cache({ pageCache: 8 })]).toEqual([64 * MiB, 8 * MiB])
  })

  it('never plans a heap its partitions do not run in, and grows with the RAM in each part', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 256, max: 16_384 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 256 }),
        (ram, cores, partitions) => {
          const [small, large] = [of(ram, cores, { partitions }), of(ram * 2, cores, { partitions })]
          expect(small.heap).toBeGreaterThanOrEqual(small.leastHeap)
          expect(small.leastHeap).toBeGreaterThanOrEqual(64 * MiB + replicasOf({ partitions, replication: 1 }) * 48 * 1024)
          expect(promisedRss(large)).toBeGreaterThanOrEqual(promisedRss(small))
          expect(small.dedupe + small.queuedRequests).toBeLessThan(small.heap / 4)
          expect(small.networkThreads).toBeGreaterThanOrEqual(2)
        },
      ),
    )
  })

  it('is what the JVM is told', () => {
    expect(sizeOptions(of(1024))).toEqual([
      '-Xms128m',
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-Xss256k',
      '-XX:MaxDirectMemorySize=32m',
      '-XX:MaxMetaspaceSize=64m',
      '-XX:CompressedClassSpaceSize=16m',
      '-XX:ReservedCodeCacheSize=24m',
      '-XX:TieredStopAtLevel=1',
      '-Djdk.nio.maxCachedBufferSize=262144',
    ])
  })
})
