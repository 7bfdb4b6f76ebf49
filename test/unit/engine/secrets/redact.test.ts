import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { quote } from 'zx'
import { expect, test } from 'vitest'
import { Redactor } from '../../../../engine/secrets/redact.ts'

function redacted(secret: string, text: string): string {
  const redactor = new Redactor()
  redactor.add(secret, { doubleSha1: true })
  return redactor.redact(text)
}

const secret = `p@ss "w'ord\\ $x!é`
const sha1 = (data: Buffer | string): Buffer => createHash('sha1').update(data).digest()

test.each([
  ['as it is', secret],
  ['in JSON', JSON.stringify({ password: secret })],
  ['in JSON in JSON', JSON.stringify(JSON.stringify({ password: secret }))],
  ['in a URL', `mysql://pi:${encodeURIComponent(secret)}@host/db`],
  ['in a form', new URLSearchParams({ password: secret }).toString()],
  ['for a shell, in single quotes', `'${secret.replaceAll("'", `'\\''`)}'`],
  ['for a shell, in double quotes', `"${secret.replace(/["$`\\!]/g, '\\$&')}"`],
  ['for a shell, as zx quotes', quote(secret)],
  ['for SQL', `'${secret.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`],
  ['for CQL, in JSON', JSON.stringify([`'${secret.replaceAll("'", "''")}'`])],
  ['for SQL with backslashes', `'${secret.replace(/[\\']/g, '\\$&')}'`],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
  ['in hex', Buffer.from(secret).toString('hex')],
  ['as MariaDB keeps it', `*${sha1(sha1(secret)).toString('hex').toUpperCase()}`],
])('hides it %s', (_, text) => expect(redacted(secret, `before ${text} after`)).toMatch(/^before .*\[redacted\].* after$/))

test('hides it inside longer base64, wherever it begins', () => {
  for (const user of ['', 'a', 'ab', 'abc', 'root']) {
    const text = Buffer.from(`${user}:${secret}:tail`).toString('base64')
    expect(redacted(secret, text), user).toContain('[redacted]')
  }
})

test('whatever the secret, its plain form does not come through', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!'[redacted]'.includes(value) && !value.endsWith('\n'))
      // The mark may meet its neighbours and spell the value by chance only if it shares a bracket with it.
      fc.pre(!/[[\]]/.test(value))
      expect(redacted(value, before + value + after)).not.toContain(value)
    }),
  )
})

test('hides a key line by line', () => {
  const line = 'MC4CAQAwBQYDK2VuBCIEIHm2'
  expect(redacted(`-----BEGIN KEY-----\n${line}\n-----END KEY-----\n`, `  ${line}\n-----BEGIN KEY-----`)).toBe(
    '  [redacted]\n-----BEGIN KEY-----',
  )
})

test('leaves short values and other texts alone', () => {
  expect(redacted('pi', 'pi on a raspberry pi')).toBe('pi on a raspberry pi')
  expect(redacted('password1', 'another text')).toBe('another text')
  expect(new Redactor().redact('text')).toBe('text')
})

test('the longer of two secrets that begin alike is hidden whole', () => {
  const redactor = new Redactor()
  redactor.add('secret')
  redactor.add('secretary')
  expect(redactor.redact('secretary secret')).toBe('[redacted] [redacted]')
})
