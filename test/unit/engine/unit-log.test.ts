import { expect, test } from 'vitest'
import { unitLogText } from '../../../engine/unit-log.ts'

test('the last lines of units, and those to come', () => {
  expect(unitLogText(['collector', 'web.service'], { lines: 20, follow: true })).toBe(
    'journalctl --quiet --no-pager --output=short-iso --lines=20 --follow --unit=collector --unit=web.service',
  )
})

test('a time is one word of the command, whatever stands in it', () => {
  expect(unitLogText(['a'], { lines: 5, follow: false, since: "'; reboot" })).toContain(String.raw`--since=''\''; reboot' --unit=a`)
})
