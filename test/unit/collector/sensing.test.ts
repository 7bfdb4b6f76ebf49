import { execFileSync } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { plausibility } from '../../../collector/plausible.ts'
import { readSensor, sensorReader } from '../../../collector/sensor.ts'

describe('a sensor that does not answer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sensor-'))
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('a pipe that nobody writes to holds nothing', async () => {
    await expect(sensorReader(pipe)()).rejects.toMatchObject({ kind: 'garbage' })
    expect(() => readSensor(pipe)).toThrow('holds ""')
  })

  test('a pipe that somebody holds open and says nothing on is silent, each time at once', async () => {
    const writer = openSync(pipe, 'r+')
    const read = sensorReader(pipe)
    const began = performance.now()
    for (let i = 0; i < 3; i++) await expect(read()).rejects.toMatchObject({ kind: 'silent' })
    expect(() => readSensor(pipe)).toThrow('has nothing to say')
    expect(performance.now() - began).toBeLessThan(1000)
    closeSync(writer)
  })

  test('a driver that hangs is given up after the limit, no second read waits behind it, and it is read again once it lets go', async () => {
    const file = join(directory, 'slow')
    writeFileSync(file, '48312\n')
    const waiting: (() => void)[] = []
    const read = sensorReader(file, 50, (_, into) => new Promise(done => waiting.push(() => done({ bytesRead: into.write('48312') }))))
    await expect(read()).rejects.toMatchObject({ kind: 'silent', message: `sensor ${file} does not answer within 50 ms` })
    await expect(read()).rejects.toMatchObject({ kind: 'silent' })
    expect(waiting).toHaveLength(1)
    waiting[0]?.()
    await new Promise(done => setImmediate(done))
    const again = read()
    waiting[1]?.()
    expect(await again).toBe(48.312)
  })

  test('it is read again when it answers', async () => {
    const file = join(directory, 'temp')
    const read = sensorReader(file)
    await expect(read()).rejects.toMatchObject({ kind: 'missing' })
    writeFileSync(file, '48312\n')
    expect(await read()).toBe(48.312)
  })
})

describe('a temperature that is not believed', () => {
  /** What is stored of these values, a second apart, each said again when it is read again. */
  function stored(...values: readonly number[]): number[] {
    const plausible = plausibility()
    return values.filter((value, second) => {
      const doubted = plausible.doubt(value, second * 1000) !== undefined
      if (doubted) plausible.refused(value)
      else plausible.taken(value, second * 1000)
      return !doubted
    })
  }

  test.each([
    ['85.000 between two others', [45, 45.5, 85, 45.2], [45, 45.5, 45.2]],
    ['85.000 right after the start', [85, 85, 85, 85, 21], [21]],
    ['85.000 that a hot CPU came to', [80.6, 83.2, 85, 84.7], [80.6, 83.2, 85, 84.7]],
    ['85.000 for good, from a room', [21, 85, 85, 85, 85], [21]],
    ['a jump and back', [45, 90, 45.1], [45, 45.1]],
    ['a jump that stays', [20, 70, 71, 70.5, 71], [20, 70.5, 71]],
    ['jumps that do not agree', [20, 70, 110, 65, 120, 20], [20, 20]],
    ['39 K are a very hot moment', [20, 59, 20.5], [20, 59, 20.5]],
  ])('%s', (_, values, expected) => {
    expect(stored(...values)).toEqual(expected)
  })

  test('what was long ago says nothing about now', () => {
    const plausible = plausibility()
    plausible.taken(20, 0)
    expect(plausible.doubt(65, 60_000)).toBe('jump')
    expect(plausible.doubt(65, 60_001)).toBeUndefined()
  })
})
