import { expect, test } from 'vitest'
import { speedIn, speedText } from '../../../lab/speed/speed-line.ts'

test('what a probe prints is read again, and nothing else is', () => {
  expect(speedIn(speedText(2871.456).trim())).toBe(2871.46)
  for (const line of ['', 'speed', 'speed 0', 'speed NaN', 'speed -3', 'SyntaxError']) expect(speedIn(line)).toBeUndefined()
})
