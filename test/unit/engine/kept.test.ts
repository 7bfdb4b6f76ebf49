import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptFolder, keptOf } from '../../../engine/kept.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'kept-'))
})
afterEach(() => rmSync(at, { recursive: true }))

test('what is kept is read back, whatever bytes it has, and belongs to its role and its owner alone', () => {
  const kept = keptOf(`${at}/pi.yaml`, 'shop')
  expect(kept('id')).toBeUndefined()
  kept.keep('id', Buffer.from([0, 255, 10]))
  kept.keep('requests/one.csr', Buffer.from('two'))
  kept.keep('requests/one.csr', Buffer.from('one'))
  expect([kept('id'), kept('requests/one.csr')?.toString()]).toEqual([Buffer.from([0, 255, 10]), 'one'])
  expect(keptOf(`${at}/pi.yaml`, 'till')('id')).toBeUndefined()
  expect(readdirSync(at, { recursive: true }).sort()).toEqual([
    'pi.kept',
    'pi.kept/shop',
    'pi.kept/shop/id',
    'pi.kept/shop/requests',
    'pi.kept/shop/requests/one.csr',
  ])
  const modes = ['', '/shop', '/shop/requests', '/shop/id', '/shop/requests/one.csr'].map(
    name => statSync(keptFolder(`${at}/pi.yaml`) + name).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600])
})

test.each(['', '.', '..', '../other', 'a/../../b', '/etc/passwd', '.hidden', 'a/', 'a//b', 'a\nb', 'a b'])('%j is no name', name => {
  const kept = keptOf(`${at}/pi.yaml`, 'shop')
  expect(() => kept(name)).toThrow('nothing can be kept as')
  expect(() => kept.keep(name, Buffer.from(''))).toThrow('nothing can be kept as')
})
