import { expect, test } from 'vitest'
import { axisText, valueText } from '../../../charts/units.ts'

test.for<[number, string | undefined, string]>([
  [21.44, 'celsius', '21.4 °C'],
  [-3, 'celsius', '-3.0 °C'],
  [0.0567, 'percentunit', '5.67 %'],
  [1, 'percentunit', '100 %'],
  [0, 'bytes', '0 B'],
  [1024, 'bytes', '1 KiB'],
  [1536 * 1024 * 1024, 'bytes', '1.5 GiB'],
  [12_345, 'Bps', '12.3 kB/s'],
  [0.25, 'ops', '0.25/s'],
  [1000, 'ops', '1 k/s'],
  [0.0042, 's', '4.2 ms'],
  [0, 's', '0 s'],
  [7200, 's', '2 h'],
  [90_000, 'ms', '90 s'],
  [1234, undefined, '1.23 k'],
  [3, 'a unit nobody knows', '3'],
  [1e18, 'bytes', '909495 TiB'],
])('%s of %s is %s', ([value, unit, text]) => {
  expect(valueText(value, unit)).toBe(text)
})

test('degrees beside an axis have no zeros behind the point', () => {
  expect([axisText(20, 'celsius'), axisText(20.5, 'celsius')]).toEqual(['20 °C', '20.5 °C'])
})
