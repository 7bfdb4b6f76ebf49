import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendKnownHost, forgetKnownHost, readKnownHosts } from '../../../../engine/ssh/known-hosts-file.ts'
import { knownHostLine, verify } from '../../../../engine/ssh/known-hosts.ts'
import { ed25519, line, other, rsa } from './keys.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'known-'))
  file = path.join(folder, '.ssh/known_hosts')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a first key makes the file, for its owner alone', async () => {
  await appendKnownHost(file, 'pi', 2222, ed25519)
  expect(readFileSync(file, 'utf8')).toBe(`${line('[pi]:2222', ed25519)}\n`)
  expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700])
})

test('lines added at once all stand alone, after a file that ended without a newline too', async () => {
  mkdirSync(path.dirname(file))
  writeFileSync(file, line('old', rsa))
  await appendKnownHost(file, 'first', 22, ed25519)
  await Promise.all(Array.from({ length: 20 }, (_, index) => appendKnownHost(file, `pi${index}`, 22, ed25519)))
  const entries = await readKnownHosts([file, path.join(folder, 'none')])
  expect(entries).toHaveLength(22)
  expect(verify(entries, 'pi7', 22, ed25519).is).toBe('known')
})

test('names are hashed where others are', async () => {
  mkdirSync(path.dirname(file))
  writeFileSync(file, `${knownHostLine('old', 22, rsa, { hash: true })}\n`)
  await appendKnownHost(file, 'pi', 22, ed25519)
  expect(readFileSync(file, 'utf8')).toMatch(/^(\|1\|\S+ ssh-\S+ \S+\n){2}$/)
})

test('a file that is there and cannot be read is not an empty one', async () => {
  await expect(readKnownHosts([folder])).rejects.toMatchObject({ code: 'known-hosts' })
  await expect(readKnownHosts([folder])).rejects.toMatchObject({
    message: expect.stringMatching(/^the known hosts in .* cannot be read: /) as unknown,
    hint: 'no host is trusted until they can be',
  })
  await expect(appendKnownHost(folder, 'pi', 22, ed25519)).rejects.toThrow(/^the key of pi cannot be added to /)
})

test('a key that /dev/null was given is taken, and not remembered', async () => {
  expect(await appendKnownHost('/dev/null', 'pi', 22, ed25519)).toBe(false)
  expect(await appendKnownHost(file, 'pi', 22, ed25519)).toBe(true)
})

test('a host is forgotten, by its name and where that is hashed; others, authorities and revoked keys stay', async () => {
  mkdirSync(path.dirname(file))
  const hashed = knownHostLine('pi', 22, rsa, { hash: true })
  const rest = [line('other', rsa), line('pi', other, '@revoked'), line('[pi]:2222', rsa)]
  writeFileSync(file, `${[line('pi', ed25519), rest[0], hashed, rest[1], rest[2]].join('\n')}\n`)
  expect(await forgetKnownHost([file, path.join(folder, 'none')], 'pi', 22)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe(`${rest.join('\n')}\n`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await forgetKnownHost([file], 'pi', 22)).toBe(false)
})

test('a line that a person wrote for several hosts is not touched: it would still speak for the old key', async () => {
  mkdirSync(path.dirname(file))
  writeFileSync(file, `${line('pi,10.0.0.1', ed25519)}\n`)
  await expect(forgetKnownHost([file], 'pi', 22)).rejects.toThrow(/knows pi among others \(pi,10\.0\.0\.1\)/)
})
