import { armor, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { generateIdentity, openWithLibrary, seal } from '../../../../engine/secrets/seal.ts'
import { unseal, WrongIdentity } from '../../../../engine/secrets/unseal.ts'

let own: string
let other: string
beforeAll(async () => {
  ;[own, other] = [await generateX25519Identity(), await generateX25519Identity()]
})

async function encrypt(text: string, ...identities: string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  for (const identity of identities) encrypter.addRecipient(await identityToRecipient(identity))
  return encrypter.encrypt(text)
}

test('reads what the library wrote, whoever else may read it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.boolean(), async (text, shared) => {
      const data = await encrypt(text, ...(shared ? [other, own] : [own]))
      expect(unseal(data, [own])).toBe(Buffer.from(text).toString())
    }),
    { numRuns: 30 },
  )
})

test.each([0, 1, 65535, 65536, 65537, 131072, 200000])('reads %i bytes: parts are 64 KiB', async size => {
  const text = 'x'.repeat(size)
  expect(unseal(await encrypt(text, own), [own])).toBe(text)
})

test('a second identity may be the one that fits', async () => {
  expect(unseal(await encrypt('hello', own), [other, own])).toBe('hello')
})

test('refuses another identity', async () => {
  const data = await encrypt('hello', own)
  expect(() => unseal(data, [other])).toThrow(WrongIdentity)
})

test('refuses a file with any byte changed, or cut short', async () => {
  const data = await encrypt('hello', own)
  const version = 'age-encryption.org/v1\n'.length // beyond it: whatever else begins a file goes to the library
  for (let at = version; at < data.length; at++) {
    const changed = Uint8Array.from(data)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(() => unseal(changed, [own]), `byte ${at}`).toThrow()
    expect(() => unseal(data.subarray(0, at), [own]), `cut at ${at}`).toThrow()
  }
  expect(() => unseal(Buffer.from('something else'), [own])).toThrow()
}, 60_000)

test('what the common case is not goes to the library: armored files, other kinds of identity', async () => {
  const hybrid = await generateHybridIdentity()
  expect(unseal(await encrypt('hello', hybrid), [hybrid])).toBe('hello')
  expect(unseal(Buffer.from(armor.encode(await encrypt('hello', own))), [own])).toBe('hello')
})

test('the library writes without giving up the thread', () => {
  const { identity, recipient } = generateIdentity()
  const friend = generateIdentity()
  expect(recipient).toMatch(/^age1[0-9a-z]{58}$/)
  const sealed = seal('hello', identity, [friend.recipient])
  expect(unseal(sealed, [identity])).toBe('hello')
  expect(openWithLibrary(sealed, [friend.identity])).toBe('hello')
  expect(() => seal('hello', identity, ['age1nonsense'])).toThrow()
})
