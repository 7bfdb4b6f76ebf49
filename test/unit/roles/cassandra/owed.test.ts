import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listsOwed, owes, paid, readOwed } from '../../../../roles/cassandra/owed.ts'
import { bash } from '../../engine/bash.ts'

describe('what a Pi owes', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'owed-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const run = (shell: string) => {
    const ran = bash(shell.replaceAll('/var/lib/provision', folder))
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    return ran.stdout
  }
  const listed = () =>
    run(listsOwed('repair-'))
      .split('\n')
      .filter(Boolean)
      .flatMap(line => readOwed(JSON.parse(line) as Record<string, unknown>))

  it('is nothing at first, and a question writes nothing', () => {
    expect(listed()).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  it('is there until it is paid, and lists by kind', () => {
    run(owes({ work: 'repair-temperature', since: '17' }))
    run(owes({ work: 'restart-thing', since: '18' }))
    expect(listed()).toEqual([{ work: 'repair-temperature', since: '17' }])
    run(paid({ work: 'repair-temperature', since: '17' }))
    expect(listed()).toEqual([])
    expect(run(listsOwed('restart-'))).toContain('restart-thing')
  })

  it('a later debt of that name is not paid with the earlier one', () => {
    run(owes({ work: 'repair-temperature', since: '17' }))
    run(owes({ work: 'repair-temperature', since: '20' }))
    run(paid({ work: 'repair-temperature', since: '17' }))
    expect(listed()).toEqual([{ work: 'repair-temperature', since: '20' }])
  })

  it('a write that was cut off is no debt', () => {
    run(`mkdir -p /var/lib/provision/owed && echo 3 >/var/lib/provision/owed/repair-a.new`)
    expect(listed()).toEqual([])
  })
})
