import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatMemorySize, parseMemorySize } from '../../../../engine/inventory/memory-size.ts'
import { findModel, modelNames } from '../../../../engine/inventory/models.ts'

test.each([
  ['512MiB', 536870912],
  ['1GiB', 1073741824],
  ['1.5GiB', 1610612736],
  ['64 KiB', 65536],
])('%s is %i bytes', (text, bytes) => expect(parseMemorySize(text)).toBe(bytes))

test.each(['512', '512MB', '512M', '-1MiB', '0MiB', 'MiB', '1e3MiB', ' 1MiB', '0.0001KiB'])('%s is no size', text =>
  expect(parseMemorySize(text)).toBeUndefined(),
)

test('a whole number of MiB below one GiB survives being written and read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1023 }), mib => {
      expect(parseMemorySize(formatMemorySize(mib * 2 ** 20))).toBe(mib * 2 ** 20)
    }),
  )
})

test('every model has memory, cores, a weight and an architecture', () => {
  for (const name of modelNames) {
    const model = findModel(name)
    expect(model?.ram).toBeGreaterThanOrEqual(512 * 2 ** 20)
    expect(Number.isInteger(model?.cpu)).toBe(true)
    expect(model?.arches).toContain('armhf')
  }
  expect(findModel('toString')).toBeUndefined()
})
