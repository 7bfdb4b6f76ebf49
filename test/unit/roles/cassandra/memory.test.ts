import { describe, expect, it } from 'vitest'
import { cassandraMemory, cassandraUse } from '../../../../roles/cassandra/memory.ts'

const MiB = 1024 * 1024
const vars = { durable: false }
const parts = (ram: number, cores = 4) => {
  const facts = { memory: ram * MiB, cores }
  const memory = cassandraMemory(facts, vars)
  const use = Object.values(cassandraUse(facts, vars)).reduce((sum, part) => sum + part, 0)
  return { memory, sum: Math.round(use / MiB), heap: memory.heap / MiB }
}

describe('memory of a node', () => {
  it.for<[ram: number, heap: number]>([
    [512, 128],
    [1024, 256],
    [2048, 512],
    [4096, 1024],
    [8192, 2048],
  ])('fits a Pi of %i MiB beside its system', ([ram, heap]) => {
    const { memory, sum, heap: given } = parts(ram)
    expect(given).toBe(heap)
    expect(sum + 96).toBeLessThanOrEqual(ram)
    // Below these the server fails, or flushes without end.
    expect(memory.direct - memory.fileCache - memory.networkCache).toBeGreaterThanOrEqual(40 * MiB)
    expect(memory.memtables).toBeGreaterThanOrEqual(24 * MiB)
    expect(memory.memtables + memory.keyCache + memory.young).toBeLessThan(memory.heap * 0.6)
  })

  it('is that of the board, also where kernel and graphics keep some of it', () => {
    expect(parts(906).memory).toEqual(parts(1024).memory)
    expect(parts(430).memory).toEqual(parts(512).memory)
  })

  it('takes a heap that is told', () => {
    expect(cassandraMemory({ memory: 1024 * MiB, cores: 4 }, { ...vars, heap: 320 }).heap).toBe(320 * MiB)
  })

  it('lets more writes wait for the card where each must be on it', () => {
    expect(cassandraMemory({ memory: 1024 * MiB, cores: 4 }, { durable: true }).concurrentWrites).toBe(64)
  })
})
