import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printsBytes, quote, words } from '../../../engine/shell.ts'
import { bash } from './bash.ts'

// What an argument may hold: anything but NUL; half a surrogate pair has no UTF-8.
const argument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map(text => Buffer.from(text).toString().replaceAll('\0', '')),
  fc
    .array(fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!', '*', '~', '#', '&', ';', '(', '{a,b}', '-n', '=', '%', '\x1e'), {
      maxLength: 8,
    })
    .map(list => list.join('')),
)

test('plain words stay readable', () => {
  expect(words(['apt-get', '/etc/a_b.conf', 'a=1,2', "it's", ''])).toBe("apt-get /etc/a_b.conf a=1,2 'it'\\''s' ''")
  expect(quote('line\n')).toBe("'line\n'")
})

test('a real bash gives every word back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.array(argument, { maxLength: 5 }), { minLength: 20, maxLength: 20 }), lists => {
      const { stdout } = bash(lists.map(list => `printf '%s\\0' ${words(['begin', ...list])}; printf '\\0'`).join('\n'))
      expect(stdout).toBe(lists.map(list => `${['begin', ...list].join('\0')}\0\0`).join(''))
    }),
    { numRuns: 30 },
  )
})

test('quoting holds through several shells', () => {
  fc.assert(
    fc.property(argument, text => {
      expect(bash(`bash --norc -c ${quote(`printf %s ${quote(text)}`)}`).stdout).toBe(text)
    }),
    { numRuns: 40 },
  )
})

test('a real bash prints bytes exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 10, maxLength: 10 }), list => {
      const { stdout } = bash(list.map(bytes => `{ ${printsBytes(bytes)}} | od -An -v -tx1 | tr -d ' \\n'; echo`).join('\n'))
      expect(stdout).toBe(list.map(bytes => `${Buffer.from(bytes).toString('hex')}\n`).join(''))
    }),
    { numRuns: 20 },
  )
})
