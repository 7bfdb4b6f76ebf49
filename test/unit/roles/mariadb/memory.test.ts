import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mariadbConfig } from '../../../../roles/mariadb/config.ts'
import { mariadbMemory, mariadbUse } from '../../../../roles/mariadb/memory.ts'
import { mariadbVars } from '../../../../roles/mariadb/vars.ts'

const MiB = 1024 * 1024
const vars = mariadbVars.parse({})
const total = (memory: number) => Math.round(Object.values(mariadbUse({ memory }, vars)).reduce((a, b) => a + b, 0) / MiB)

test('what each Pi plans', () => {
  expect([512, 1024, 4096, 8192].map(ram => total(ram * MiB))).toEqual([154, 218, 602, 602])
})

test('the pool stays within its bounds and the budget within the RAM, for any Pi', () => {
  fc.assert(
    fc.property(fc.integer({ min: 256 * MiB, max: 16384 * MiB }), memory => {
      const { bufferPool } = mariadbMemory({ memory }, vars)
      expect(bufferPool).toBeGreaterThanOrEqual(16 * MiB)
      expect(bufferPool).toBeLessThanOrEqual(Math.max(16 * MiB, memory / 8))
      expect(total(memory) * MiB).toBeLessThan(memory)
    }),
  )
})

test('the settings file says what was planned', () => {
  const memory = mariadbMemory({ memory: 1024 * MiB }, vars)
  const text = mariadbConfig(memory, vars, '127.0.0.1,10.0.0.7')
  expect(text).toContain('innodb_buffer_pool_size = 128M\n')
  expect(text).toContain('skip-name-resolve\n')
  expect(text).toContain('innodb_flush_log_at_trx_commit = 1\n')
  expect(text).toContain('bind-address = 127.0.0.1,10.0.0.7\n')
  expect(mariadbConfig(memory, { ...vars, durable: false }, '*')).toContain('innodb_flush_log_at_trx_commit = 2\n')
})
