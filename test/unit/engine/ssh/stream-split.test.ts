import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MarkSplitter } from '../../../../engine/ssh/stream-split.ts'

/** What came out, texts between marks joined; a mark begins with `!`. */
function split(chunks: readonly Buffer[]): string[] {
  const out: string[] = []
  let inText = false
  const splitter = new MarkSplitter(
    'n0',
    text => {
      if (inText) out[out.length - 1] += text
      else out.push(text)
      inText = true
    },
    words => {
      out.push(`!${words}`)
      inText = false
    },
  )
  for (const chunk of chunks) splitter.push(chunk)
  return out
}

test('text and marks', () => {
  expect(split([Buffer.from('a\nb\n\x1en0 start 1 2\n\n\x1en0 end 1 0\nrest')])).toEqual(['a\nb', '!start 1 2', '!end 1 0', 'rest'])
})

test('what only looks like a mark is text', () => {
  const text = '\x1en0 no newline before\n\x1en1 other nonce\n\x1en0no blank\n'
  expect(split([Buffer.from(`${text}.`)])).toEqual([`${text}.`])
})

test('however the stream is cut, the same comes out', () => {
  const piece = fc.oneof(
    fc.constantFrom('\n', '\n\n', '\x1e', '\n\x1e', '\n\x1en', '\n\x1en0', '\n\x1en0 mark x\n', '\n\x1en0 end 1 0\n', 'é', '温度', '🌡'),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat()), (pieces, cuts) => {
      const bytes = Buffer.from(`${pieces.join('')}.`)
      const at = [...new Set(cuts.map(cut => cut % bytes.length))].sort((a, b) => a - b)
      const chunks = [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
      const whole = split([bytes])
      expect(split(chunks)).toEqual(whole)
      expect(split([...bytes].map(byte => Buffer.from([byte])))).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})

test('text is not held back when nothing more comes, but for what may be the beginning of a mark', () => {
  expect(split([Buffer.from('working… 50 %')])).toEqual(['working… 50 %'])
  expect(split([Buffer.from('line\n\x1en')])).toEqual(['line'])
})
