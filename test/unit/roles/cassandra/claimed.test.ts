import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasNoted, isOpen, letsIn, notesClaim } from '../../../../roles/cassandra/claimed.ts'
import { untilClaimed } from '../../../../roles/cassandra/config/start.ts'
import { bash } from '../../engine/bash.ts'

describe('clients are let in from the network', () => {
  let folder: string
  const at = (path: string) => join(folder, path)
  const shell = (text: string) => bash(`PATH=${folder}/bin:$PATH\n${text.replaceAll(/\/(var\/lib|run|usr\/local)\//g, (path: string) => folder + path)}`).code
  const noted = () => existsSync(at('var/lib/cassandra/claimed'))
  const restarts = () => (existsSync(at('restarts')) ? readFileSync(at('restarts'), 'utf8').trim().split('\n').length : 0)

  /** A Pi whose server says this of the login of every new ring, and listens so. */
  function pi({ login, shut, active = true }: { login: 'open' | 'gone' | 'removed' | 'nobody may ask'; shut: boolean; active?: boolean }) {
    const row = { open: `echo '{"can_login":true}'`, gone: `echo '{"can_login":false}'`, removed: ':', 'nobody may ask': 'exit 2' }[login]
    writeFileSync(at('usr/local/bin/cql'), `#!/bin/sh\ncase "$*" in *can_login*) ${row} ;; esac\n`, { mode: 0o755 })
    writeFileSync(at('bin/systemctl'), `#!/bin/sh
case "$*" in *is-active*) exit ${active ? 0 : 3} ;; *restart*) echo >>${at('restarts')}; [ ! -e ${at('fails')} ] || exit 1; : >${at('run/cassandra/cassandra.yaml')} ;; esac\n`, { mode: 0o755 })
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
    expect([shell(letsIn), noted(), restarts()]).toEqual([0, true, 1])
    expect(shell(isOpen)).toBe(0)
    expect([shell(letsIn), restarts()]).toEqual([0, 1])
  })

  it('never while that login is there, or nobody can tell', () => {
    for (const login of ['open', 'nobody may ask'] as const) {
      pi({ login, shut: true })
      expect([shell(letsIn), noted(), restarts()]).toEqual([1, false, 0])
    }
  })

  it('cut between note and start: the next run starts it', () => {
    pi({ login: 'gone', shut: true })
    writeFileSync(at('fails'), '')
    expect([shell(letsIn), noted()]).toEqual([1, true])
    expect(shell(isOpen)).toBe(1)
    rmSync(at('fails'))
    expect([shell(letsIn), shell(isOpen)]).toEqual([0, 0])
  })

  it('a node that was claimed before this was noted is noted while it runs, and does not start twice', () => {
    for (const login of ['gone', 'removed'] as const) {
      pi({ login, shut: false })
      expect(shell(hasNoted)).toBe(1)
      expect([shell(notesClaim), shell(hasNoted), shell(isOpen), restarts()]).toEqual([0, 0, 0, 0])
      rmSync(at('var/lib/cassandra/claimed'))
    }
  })

  it('one that is off, or new, or open has nothing to note', () => {
    for (const of of [{ login: 'gone', shut: false, active: false }, { login: 'open', shut: true }, { login: 'nobody may ask', shut: false }] as const) {
      pi(of)
      expect(shell(hasNoted)).toBe(0)
    }
  })
})
