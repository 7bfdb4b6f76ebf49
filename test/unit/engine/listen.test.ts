import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { familyOf, isNearOnly, isSameAddress, spelled, withPort } from '../../../engine/inventory/address.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { asksPage, knowsAddress, listenOf, listenVar, ownAddressProgram, reachedAt } from '../../../engine/listen.ts'
import { bash } from './bash.ts'

describe('an address', () => {
  it.each([
    ['fd00:0:0:0:0:0:0:1', 'fd00::1'],
    ['FD00::0001', 'fd00::1'],
    ['[fd00::1]', 'fd00::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80:0::1%3]', 'fe80::1'],
    ['::ffff:192.168.1.20', '192.168.1.20'],
    ['::ffff:c0a8:114', '192.168.1.20'],
    ['192.168.1.20', '192.168.1.20'],
    ['Cassandra2.local', 'cassandra2.local'],
    ['2001:10:20:30:40:50:1:2', '2001:10:20:30:40:50:1:2'],
  ])('%s is %s', (text, one) => {
    expect(spelled(text)).toBe(one)
    expect(isSameAddress(text, one)).toBe(true)
  })

  it('is of a family, or a name', () => {
    expect([
      familyOf('10.0.0.1'),
      familyOf('::ffff:10.0.0.1'),
      familyOf('fd00::1'),
      familyOf('fe80::1%eth0'),
      familyOf('mysql.local'),
    ]).toEqual([4, 4, 6, 6, undefined])
    expect(['127.0.1.1', '::1', 'fe80::1%eth0', '169.254.1.1', '10.0.0.1', 'fd00::1', 'feed::1'].map(isNearOnly)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect([withPort('fd00::1', 9100), withPort('10.0.0.1', 9100)]).toEqual(['[fd00::1]:9100', '10.0.0.1:9100'])
  })
})

describe('where a service listens', () => {
  it('is the address of the inventory, by number or by name, unless it is told another', () => {
    expect(listenOf({ address: '10.0.0.7' }, undefined)).toEqual({ address: '10.0.0.7' })
    expect(listenOf({ address: 'mysql.local' }, undefined)).toEqual({ name: 'mysql.local' })
    expect(listenOf({ address: 'mysql.local' }, '0.0.0.0')).toEqual({ address: '0.0.0.0' })
    expect(listenVar.safeParse('eth0').success).toBe(false)
  })

  it('is where it is asked on its own Pi', () => {
    expect([{ address: '0.0.0.0' }, { address: '::' }, { address: '10.0.0.7' }].map(reachedAt)).toEqual(['127.0.0.1', '::1', '10.0.0.7'])
    expect(reachedAt({ name: 'mysql.local' })).toBe('$(/usr/local/lib/provision/own-address mysql.local)')
  })

  it.each(['127.0.0.1', '127.0.0.9', '::1'])('a page is asked for at %s, and nowhere else', async address => {
    const server = createServer((request, response) => response.end(`page ${request.url}`))
    await new Promise<void>(done => void server.listen(0, address, done))
    try {
      const { port } = server.address() as AddressInfo
      const ask = (of: string) => promisify(execFile)('bash', ['-c', asksPage({ address: of }, port, '/metrics', 5)])
      expect((await ask(address)).stdout).toMatch(/^HTTP\/1\.1 200[^]*page \/metrics$/)
      await expect(ask('127.0.0.77')).rejects.toThrow()
    } finally {
      server.close()
    }
  })
})

describe('an address by number', () => {
  const looks = (address: string) =>
    collect(
      (function* () {
        yield* knowsAddress({ address })
      })(),
    ).map(({ spec }) => spec as { unless: string; run: string })
  const own = Object.values(networkInterfaces())
    .flatMap(list => list ?? [])
    .filter(({ internal, address }) => !internal && !isNearOnly(address))
    .map(({ address }) => address)

  it.each(own)('%s is one this machine has', address => {
    for (const { unless, run } of looks(address)) expect([bash(`(${unless})`).code, bash(run).code]).toEqual([0, 0])
  })

  it.each(['192.0.2.1', '2001:db8::1', 'fd00::abcd:1', '10.255.255.254'])('%s is none, and that is told', address => {
    const [look] = looks(address)
    expect(bash(`(${look?.unless})`).code).toBe(1)
    expect(bash(look?.run ?? '')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${address} is no address of this Pi`) as unknown,
    })
  })

  it.each(['0.0.0.0', '::', '127.0.0.1', '::1'])('%s is everywhere', address => expect(looks(address)).toEqual([]))
})

describe('own-address', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'own-address-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  /** `sources`: what a name stands for, by the source that says so. */
  function asked(args: string, sources: Readonly<Record<string, readonly string[]>>, own = ['192.168.1.20', 'fd00::20']) {
    writeFileSync(join(folder, 'own-address'), ownAddressProgram)
    program('ip', own.map((address, index) => `echo '${index + 2}: eth0    inet ${address}/24 brd x scope global eth0'`).join('\n'))
    const says = (list: readonly string[]) =>
      list.map(address => `echo '${address}  STREAM name'; echo '${address}  DGRAM'`).join('; ') || 'exit 2'
    program(
      'getent',
      `case "$*" in ${Object.entries(sources)
        .map(([source, list]) => `'${source === 'all' ? '' : `-s ${source} `}ahosts '*) ${says(list)} ;;`)
        .join(' ')} *) exit 2 ;; esac`,
    )
    return bash(`PATH=${folder}:$PATH bash ${folder}/own-address ${args}`)
  }

  it('is one that the Pi has, IPv4 first', () => {
    expect(asked('cassandra2.local', { all: ['fd00::20', '192.168.1.20'] })).toMatchObject({ code: 0, stdout: '192.168.1.20\n' })
    expect(asked('cassandra2.local 6', { all: ['192.168.1.20', 'fd00::20'] }).stdout).toBe('fd00::20\n')
    expect(asked('cassandra2.local', { all: ['10.9.9.9', 'fd00::20'] }).stdout).toBe('fd00::20\n')
  })

  it('is never loopback: where /etc/hosts says so, the name servers are asked', () => {
    expect(asked('cassandra2', { all: ['127.0.1.1'], dns: ['192.168.1.20'] }).stdout).toBe('192.168.1.20\n')
    expect(asked('cassandra2.local', { all: ['127.0.1.1'], mdns4_minimal: ['192.168.1.20'] }).stdout).toBe('192.168.1.20\n')
  })

  it('a name for loopback alone, for another machine, or for nothing is told, with what the Pi has', () => {
    const { code, stderr } = asked('cassandra2', { all: ['127.0.1.1'] })
    expect(code).toBe(1)
    expect(
      stderr,
    ).toBe(`cassandra2 is this Pi's address in the inventory. Here it stands for 127.0.1.1: no address others reach it at. It has: 192.168.1.20 fd00::20
Give one of those in the inventory, or make the name resolve to it on this Pi.\n`)
    expect(asked('cassandra2', { all: ['10.9.9.9'], dns: ['10.9.9.9'] }).stderr).toContain('stands for 10.9.9.9: no')
    expect(asked('cassandra2', {}).stderr).toContain('stands for nothing: no')
    expect(asked('cassandra2 6', { all: ['192.168.1.20'] }).stderr).toContain('no address of IPv6 others')
  })

  it('an address is what it is', () => {
    for (const address of ['10.0.0.1', 'fd00::1']) expect(asked(address, {})).toMatchObject({ code: 0, stdout: `${address}\n` })
  })
})
