import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'
import { expect, test } from 'vitest'
import type { Backend } from '../../../collector/backends/backend.ts'
import { deliverAlways } from '../../../collector/delivery.ts'
import { defectTeller } from '../../../collector/guard.ts'
import type { QueuedReading } from '../../../collector/reading.ts'
import { everyInterval } from '../../../collector/ticker.ts'

test('a tick that throws is told, and the next one comes', async () => {
  let ticks = 0
  const told: unknown[] = []
  const end = everyInterval(
    5,
    () => {
      if (++ticks === 1) throw new Error('odd')
    },
    () => {},
    error => told.push(error),
  )
  await expect.poll(() => ticks).toBeGreaterThan(2)
  end()
  expect(told).toEqual([new Error('odd')])
})

test('a delivery that an unexpected error ends begins anew, with the readings it had not acknowledged', async () => {
  const reading: QueuedReading = { sequence: 1, date: 1000, location: 'p', note: '', value: 20 }
  const drain = new AbortController()
  const waiting: QueuedReading[] = [reading]
  const stored: number[] = []
  const told: string[] = []
  let reads = 0
  const backend: Backend = {
    maxBatch: 4,
    resolution: 1,
    connect: async () => {},
    close: async () => {},
    classify: () => ({ kind: 'transient', code: 'X', message: 'x' }),
    store: async batch => {
      stored.push(...batch.map(({ date }) => date))
      return { duplicates: 0 }
    },
  }
  const source = {
    take: (max: number) => {
      if (++reads === 1) throw Object.assign(new Error('EIO'), { code: 'EIO' })
      return waiting.splice(0, max)
    },
    acknowledge: () => drain.abort(),
    again: () => void told.push('again'),
  }
  const events = { connected() {}, stored() {}, failed() {}, buried() {} }
  await deliverAlways(
    { name: 'db', backend, source, more: async () => {}, deadLetters() {}, events },
    drain.signal,
    new AbortController().signal,
    where => told.push(where),
  )
  expect(stored).toEqual([1000])
  expect(told).toEqual(['delivery to db', 'again'])
})

test('what is thrown where nobody catches it is told, and the process goes on', () => {
  const source = readFileSync(new URL('../../../collector/guard.ts', import.meta.url), 'utf8')
  const program = `${transformSync(source, { loader: 'ts' }).code}
guardProcess(where => console.log(where))
setTimeout(() => { throw new Error('in a timer') })
void Promise.reject(new Error('left alone'))
setTimeout(() => console.log('alive'), 100)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(stdout.split('\n').sort()).toEqual(['', 'alive', 'rejection', 'uncaught'])
  expect(status).toBe(0)
})

test('a teller of defects cannot fail itself', () => {
  const tell = defectTeller(
    () => {
      throw new Error('no metrics')
    },
    () => {},
  )
  expect(() => tell('here', new Error('x'))).not.toThrow()
})
