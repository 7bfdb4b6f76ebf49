import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isOpen, letsIn } from '../../../../roles/cassandra/claimed.ts'
import { untilClaimed } from '../../../../roles/cassandra/config/start.ts'
import { bash } from '../../engine/bash.ts'

describe('clients are let in from the network', () => {
  let folder: string
  const at = (path: string) => join(folder, path)
  const shell = (text: string) =>
    bash(`PATH=${folder}/bin:$PATH\n${text.replaceAll(/\/(var\/lib|run|usr\/local)\//g, (path: string) => folder + path)}`).code
  const unclaimed = () => existsSync(at('var/lib/cassandra/unclaimed'))
  const restarts = () => (existsSync(at('restarts')) ? readFileSync(at('restarts'), 'utf8').trim().split('\n').length : 0)

  /** A Pi whose server says this of the login of every new ring, and listens so. */
  function pi({ login, shut }: { login: 'open' | 'gone' | 'removed' | 'nobody may ask'; shut: boolean }) {
    if (shut) writeFileSync(at('var/lib/cassandra/unclaimed'), '')
    const row = { open: `echo '{"can_login":true}'`, gone: `echo '{"can_login":false}'`, removed: ':', 'nobody may ask': 'exit 2' }[login]
    writeFileSync(at('usr/local/bin/cql'), `#!/bin/sh\ncase "$*" in *can_login*) ${row} ;; esac\n`, { mode: 0o755 })
    writeFileSync(
      at('bin/systemctl'),
      `#!/bin/sh
case "$*" in *restart*) echo >>${at('restarts')}; [ ! -e ${at('fails')} ] || exit 1; : >${at('run/cassandra/cassandra.yaml')} ;; esac\n`,
      { mode: 0o755 },
    )
    writeFileSync(at('run/cassandra/cassandra.yaml'), shut ? `rpc_address: 127.0.0.1\n${untilClaimed}\n` : 'rpc_address: 10.0.0.1\n')
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'claimed-'))
    for (const path of ['bin', 'var/lib/cassandra', 'run/cassandra', 'usr/local/bin']) mkdirSync(at(path), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('by a second start of a new ring’s first node, and by none ever after', () => {
    pi({ login: 'gone', shut: true })
    expect(shell(isOpen)).toBe(1)
    expect([shell(letsIn), unclaimed(), restarts()]).toEqual([0, false, 1])
    expect(shell(isOpen)).toBe(0)
    expect([shell(letsIn), restarts()]).toEqual([0, 1])
  })

  it('never while that login is there, or nobody can tell', () => {
    for (const login of ['open', 'nobody may ask'] as const) {
      pi({ login, shut: true })
      expect([shell(letsIn), unclaimed(), restarts()]).toEqual([1, true, 0])
    }
  })

  it('cut between note and start: the next run starts it', () => {
    pi({ login: 'gone', shut: true })
    writeFileSync(at('fails'), '')
    expect([shell(letsIn), unclaimed()]).toEqual([1, false])
    expect(shell(isOpen)).toBe(1)
    rmSync(at('fails'))
    expect([shell(letsIn), shell(isOpen)]).toEqual([0, 0])
  })

  it('a node of the time before, and one that joined, is open and stays so', () => {
    pi({ login: 'gone', shut: false })
    expect(shell(isOpen)).toBe(0)
    expect([shell(letsIn), restarts()]).toEqual([0, 0])
  })

  it('also where that login was removed altogether', () => {
    pi({ login: 'removed', shut: true })
    expect([shell(letsIn), restarts(), shell(isOpen)]).toEqual([0, 1, 0])
  })
})
