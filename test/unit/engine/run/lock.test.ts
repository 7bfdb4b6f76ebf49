import { expect, test } from 'vitest'
import { Failed } from '../../../../engine/errors.ts'
import { takeLock } from '../../../../engine/run/lock.ts'
import type { Lock, Session } from '../../../../engine/ssh/session.ts'

/** A session that answers with these, one after the other. */
function answers(...locks: Lock[]): Session {
  const left = [...locks]
  return { lock: () => Promise.resolve(left.length > 1 ? left.shift() : left[0]) } as unknown as Session
}

const free: Lock = { held: true }
const orphaned: Lock = { held: false, owner: 'anna', orphaned: true }
const failure = (error: unknown) => (error instanceof Failed ? error.failure : { message: String(error) })

test('free at once', async () => {
  const said: string[] = []
  expect(await takeLock(answers(free), { owner: 'me', work: 'host' }, what => said.push(what))).toBe(true)
  expect(said).toEqual([])
})

test('another live run is named, and not waited for', async () => {
  const refused = await takeLock(
    answers({ held: false, owner: 'anna on laptop', orphaned: false }),
    { owner: 'me', work: 'host' },
    () => {},
  ).catch(failure)
  expect(refused).toMatchObject({
    message: 'it is locked: anna on laptop is at work there',
    hint: expect.stringContaining('wait for that run') as unknown,
  })
})

test('the last step of a run that was cut off is waited for, said once; then what was read before does not count', async () => {
  const said: string[] = []
  expect(await takeLock(answers(orphaned, orphaned, free), { owner: 'me', work: 'host' }, what => said.push(what))).toBe(false)
  expect(said).toEqual(['the last step of a run that was cut off'])
})

test('but not for ever', async () => {
  expect(await takeLock(answers(orphaned), { owner: 'me', work: 'host' }, () => {}, -1).catch(failure)).toMatchObject({
    hint: expect.stringContaining('fuser') as unknown,
  })
})
