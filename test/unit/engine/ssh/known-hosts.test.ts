import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changedKeyError, revokedKeyError, unknownKeyError } from '../../../../engine/ssh/host-key-errors.ts'
import {
  fingerprint,
  hostKeyOrder,
  knownAlgorithms,
  knownHostLine,
  lookup,
  parseKnownHosts,
  unsupportedAuthorities,
  verify,
  type KnownHost,
} from '../../../../engine/ssh/known-hosts.ts'
import { ecdsa, ed25519, line, other, publicKey, rsa } from './keys.ts'

const parse = (...lines: string[]): readonly KnownHost[] => parseKnownHosts(lines.join('\n'), '/home/pi/.ssh/known_hosts')
const is = (entries: readonly KnownHost[], host: string, port: number, key: Buffer): string => verify(entries, host, port, key).is

describe('which hosts a line speaks of', () => {
  test.each([
    ['pi.example', 'pi.example', 22, true],
    ['pi.example', 'PI.Example', 22, true],
    ['PI.example', 'pi.example', 22, true],
    ['pi.example', 'pi.example.org', 22, false],
    ['pi.example', 'pi.example', 2222, false],
    ['[pi.example]:2222', 'pi.example', 2222, true],
    ['[pi.example]:2222', 'pi.example', 22, false],
    ['a,pi.example,192.168.1.21', '192.168.1.21', 22, true],
    ['*.example', 'pi.example', 22, true],
    ['192.168.1.?', '192.168.1.2', 22, true],
    ['192.168.1.?', '192.168.1.21', 22, false],
    ['192.168.1.2', '192.168x1.2', 22, false],
    ['*.example,!pi.example', 'pi.example', 22, false],
    ['!pi.example,*.example', 'pi.example', 22, false],
    ['!pi.example,*.example', 'po.example', 22, true],
    ['!pi.example', 'po.example', 22, false],
    ['[*.example]:2222', 'pi.example', 2222, true],
    ['fe80::1', 'fe80::1', 22, true],
    ['[fe80::1]:2222', 'fe80::1', 2222, true],
  ])('%s and %s at port %i: %s', (hosts, host, port, expected) => {
    expect(lookup(parse(line(hosts, ed25519)), host, port)).toHaveLength(expected ? 1 : 0)
  })
})

test('comments, blank lines, unknown markers, and lines whose key is not what it says are passed over', () => {
  const entries = parse(
    '# a comment',
    '',
    `${line('pi', ed25519)} pi@laptop from 2019\r`,
    line('pi', ed25519, '@future'),
    `pi ssh-rsa ${ed25519.toString('base64')}`,
    'pi ssh-ed25519',
    'pi 1024 35 1234567890',
    `\t ${line('pi', rsa)}`,
  )
  expect(entries.map(({ line: number, type }) => [number, type])).toEqual([
    [3, 'ssh-ed25519'],
    [8, 'ssh-rsa'],
  ])
})

test('the verdict on a key', () => {
  const entries = parse(
    line('pi', rsa),
    line('pi', ed25519),
    line('[pi]:2222', other),
    line('*', publicKey('ssh-ed25519', 'leaked'), '@revoked'),
  )
  expect(is(entries, 'pi', 22, ed25519)).toBe('known')
  expect(is(entries, 'pi', 22, rsa)).toBe('known')
  expect(is(entries, 'pi', 2222, other)).toBe('known')
  expect(is(entries, 'po', 22, ed25519)).toBe('unknown')
  expect(is(entries, 'po', 22, publicKey('ssh-ed25519', 'leaked'))).toBe('revoked')
  expect(verify(entries, 'pi', 22, other)).toMatchObject({ is: 'changed', entry: { line: 2 } })
})

test('a key that is known and revoked is revoked', () => {
  expect(is(parse(line('pi', ed25519), line('pi', ed25519, '@revoked')), 'pi', 22, ed25519)).toBe('revoked')
})

test('a key of another type than those known is a changed key', () => {
  expect(verify(parse(line('pi', rsa)), 'pi', 22, ed25519)).toMatchObject({ is: 'changed', entry: { type: 'ssh-rsa', line: 1 } })
})

test('a host that moved to another port keeps its key, but a different key there is a new host', () => {
  const entries = parse(line('pi', ed25519))
  expect(is(entries, 'pi', 2222, ed25519)).toBe('known')
  expect(is(entries, 'pi', 2222, other)).toBe('unknown')
})

test('a certificate authority is no key of the host', () => {
  const entries = parse(line('*.example', ed25519, '@cert-authority'))
  expect(is(entries, 'pi.example', 22, ed25519)).toBe('unknown')
  expect(knownAlgorithms(entries, 'pi.example', 22)).toEqual([])
  const [authority] = unsupportedAuthorities(entries, 'pi.example', 22)
  expect(unknownKeyError('pi.example', 22, ed25519, authority).message).toBe(
    `the host key of pi.example is not known yet: ssh-ed25519 ${fingerprint(ed25519)}; /home/pi/.ssh/known_hosts:1 has a @cert-authority for it, which is not supported here`,
  )
})

test('the known types are asked for first', () => {
  expect(knownAlgorithms(parse(line('pi', rsa)), 'pi', 22)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'])
  expect(knownAlgorithms(parse(line('pi', ecdsa), line('pi', ed25519)), 'pi', 22)).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256'])
  expect(knownAlgorithms(parse(line('pi', rsa)), 'pi', 2222)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'])
  expect(hostKeyOrder(parse(line('pi', rsa)), 'pi', 22)).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ])
  expect(hostKeyOrder([], 'pi', 22)[0]).toBe('ssh-ed25519')
})

test('what is written is found again, by this host and no other, hashed or not', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9.:-]{0,20}$/)
  fc.assert(
    fc.property(name, name, fc.constantFrom(22, 2222), fc.boolean(), (host, stranger, port, hash) => {
      const entries = parse(knownHostLine(host, port, ed25519, { hash }))
      expect(is(entries, host, port, ed25519)).toBe('known')
      expect(is(entries, host, port, other)).toBe('changed')
      if (stranger !== host) expect(is(entries, stranger, port, ed25519)).toBe('unknown')
      if (hash) expect(entries[0]?.hosts).toMatch(/^\|1\|[^|]{28}\|[^|]{28}$/)
    }),
  )
})

test('a changed key is refused with both fingerprints and the command that forgets the old one', () => {
  const [known] = parse(line('[pi.example]:2222', rsa))
  if (!known) throw new Error('not parsed')
  const error = changedKeyError('pi.example', 2222, ed25519, known)
  expect(error.message).toBe(
    [
      'the host key of [pi.example]:2222 has changed: this may be another machine, or someone in between',
      `  known: ssh-rsa ${fingerprint(rsa)} (/home/pi/.ssh/known_hosts:1)`,
      `  shown: ssh-ed25519 ${fingerprint(ed25519)}`,
    ].join('\n'),
  )
  expect(error.hint).toBe("if the Pi was set up anew, forget its old key: ssh-keygen -R '[pi.example]:2222' -f /home/pi/.ssh/known_hosts")
  expect(changedKeyError('pi', 22, ed25519, { ...known, file: '/my keys' }).hint).toContain("ssh-keygen -R pi -f '/my keys'")
  expect(revokedKeyError('pi', 22, rsa, known).message).toContain(`is revoked: ssh-rsa ${fingerprint(rsa)}`)
})

describe.skipIf(spawnSync('ssh-keygen', ['-?']).error !== undefined)('as ssh-keygen sees it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'))
  const file = path.join(folder, 'known_hosts')
  const key = path.join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const [type = '', base64 = ''] = readFileSync(`${key}.pub`, 'utf8').split(' ')
  const real = Buffer.from(base64, 'base64')
  const finds = (name: string): boolean => spawnSync('ssh-keygen', ['-F', name, '-f', file]).status === 0

  test('a real key has the fingerprint it prints', () => {
    expect(execFileSync('ssh-keygen', ['-lf', `${key}.pub`], { encoding: 'utf8' })).toContain(` ${fingerprint(real)} `)
    expect(type).toBe('ssh-ed25519')
  })

  test('hosts it hashed are found, and it finds those hashed here', () => {
    const names = ['pi.example', '192.168.1.21', '[pi.example]:2222', 'fe80::1']
    writeFileSync(file, names.map(name => line(name, real)).join('\n') + '\n')
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain('pi.example')
    const entries = parseKnownHosts(text, file)
    for (const [host, port] of [
      ['pi.example', 22],
      ['192.168.1.21', 22],
      ['pi.example', 2222],
      ['fe80::1', 22],
    ] as const) {
      expect(is(entries, host, port, real), `${host}:${port}`).toBe('known')
    }
    expect(is(entries, 'po.example', 22, real)).toBe('unknown')

    writeFileSync(
      file,
      `${knownHostLine('new.example', 22, real, { hash: true })}\n${knownHostLine('New.example', 2200, real, { hash: true })}\n`,
    )
    expect([finds('new.example'), finds('[new.example]:2200'), finds('old.example')]).toEqual([true, true, false])
    rmSync(folder, { recursive: true })
  })
})
