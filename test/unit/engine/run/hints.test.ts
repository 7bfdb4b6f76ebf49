import { expect, test } from 'vitest'
import { hintFor } from '../../../../engine/run/hints.ts'

test.for([
  ['cat: write error: No space left on device', 'disk is full'],
  ["E: You don't have enough free space in /var/cache/apt/archives/. not enough free space", 'disk is full'],
  ["Temporary failure resolving 'deb.example'", 'resolve names'],
  ['E: Could not get lock /var/lib/dpkg/lock-frontend', 'another package installation'],
  ['E: Unable to locate package nginxx', 'no such package'],
  ['mkdir: cannot create directory: Read-only file system', 'read-only'],
  ['E: Release file for x is not valid yet (invalid for another 3h)', 'clock is wrong'],
] as const)('%s → %s', ([output, hint]) => {
  expect(hintFor(`first line\n${output}\nlast`)).toContain(hint)
})

test('no hint for what is not known', () => expect(hintFor('Segmentation fault')).toBeUndefined())
