import { expect, onTestFinished, test, vi } from 'vitest'
import { size } from '../../../engine/size.ts'

test.for([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [512 * 2 ** 20, '512 MiB'],
  [1000 * 2 ** 20, '1000 MiB'],
  [1.9 * 2 ** 30, '1.9 GiB'],
  [7.844 * 2 ** 30, '7.84 GiB'],
  [123.45 * 2 ** 30, '123 GiB'],
] as const)('%d bytes are %s', ([bytes, text]) => {
  expect(size(bytes)).toBe(text)
})

test('no rules of a locale are asked: to load them takes longer than all that a run says', () => {
  const asked = vi.spyOn(Number.prototype, 'toLocaleString')
  onTestFinished(() => asked.mockRestore())
  size(7.844 * 2 ** 30)
  expect(asked).not.toHaveBeenCalled()
})
