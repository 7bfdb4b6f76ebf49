import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { inPlaceOf } from '../../../../../roles/flink/jobs/keeper/make-way.ts'

const folder = mkdtempSync(join(tmpdir(), 'flink-way-'))
afterAll(() => rmSync(folder, { recursive: true }))

const lock = join(folder, 'away')
const words = inPlaceOf({ unit: 'flink-taskmanager', lock }, ['cat', '--', '-'])

// That it ends a TaskManager, which waits then, is seen on a virtual Pi: test/lab/flink-together.proof.test.ts.
describe('a program in the place of a unit', () => {
  test('is words that a shell reads, with the lock in the program itself and its own words untouched', () => {
    expect([...words.slice(0, 4), ...words.slice(-4)]).toEqual(['flock', '--no-fork', lock, 'sh', 'flink-taskmanager', 'cat', '--', '-'])
    expect(spawnSync('sh', ['-n', '-c', words[5] ?? '']).status).toBe(0)
  })

  test('is not begun where nobody tells of the unit, and lets the lock go', () => {
    const [program, ...rest] = words
    const { status, stdout, stderr } = spawnSync(program, rest, {
      input: 'begun',
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere' },
    })
    // A machine without systemd, and one with it that has no such unit.
    if (status === 0) expect(stdout).toBe('begun')
    else expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining('systemd does not tell of flink-taskmanager')])
    execFileSync('flock', ['-n', lock, 'true'])
  })
})
