import { expect, test } from 'vitest'
import type { Failure } from '../../../collector/backends/backend.ts'
import { createHealth } from '../../../collector/health.ts'

const queue = { diskError: undefined as unknown, inMemory: 0, waiting: () => 3 }
const denied: Failure = {
  kind: 'refused',
  code: 'ER_ACCESS_DENIED_ERROR',
  message: "Access denied for user 'collector'@'10.0.0.2'",
  remedy: 'check user and password',
}

function measured() {
  let now = 1000
  const health = createHealth(['mariadb'], 1000, () => now)
  health.read()
  health.stored('mariadb')
  return {
    health,
    later: (milliseconds: number) => {
      now += milliseconds
      health.read()
    },
  }
}

test('healthy is what measures and stores', () => {
  expect(measured().health.page(queue)).toEqual({
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: 'ok\n  readings: the last 0.0 s ago\n  mariadb: stored 0.0 s ago; 3 readings wait\n',
  })
})

test('one that was not tried yet is neither well nor ill', () => {
  const health = createHealth(['mariadb', 'kafka'], 1000, () => 0)
  health.read()
  health.stored('mariadb')
  expect(health.page(queue)).toMatchObject({ status: 503, body: expect.stringMatching(/^starting\n[^!]*kafka: not tried yet/) as string })
  health.stored('kafka')
  expect(health.page(queue)).toMatchObject({ status: 200, body: expect.stringMatching(/^ok\n/) as string })
})

test('a database that is away is no illness, and is told', () => {
  const { health } = measured()
  health.failed('mariadb', { kind: 'transient', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:3306' })
  expect(health.page(queue)).toMatchObject({
    status: 200,
    body: expect.stringContaining('  mariadb: away (ECONNREFUSED: connect ECONNREFUSED 10.0.0.1:3306); 3 readings wait') as string,
  })
})

test('a refused password is ill, in the database’s own words, until something is stored', () => {
  const { health } = measured()
  health.failed('mariadb', denied)
  const page = health.page(queue)
  expect(page.status).toBe(503)
  expect(page.body).toContain(
    "! mariadb: refuses us (ER_ACCESS_DENIED_ERROR: Access denied for user 'collector'@'10.0.0.2'); 3 readings wait; check user and password",
  )
  health.stored('mariadb')
  expect(health.page(queue).status).toBe(200)
})

test('dead letters and a full queue are ill for ten minutes', () => {
  const { health, later } = measured()
  health.buried('mariadb', { kind: 'reading', code: 'ER_DATA_TOO_LONG', message: 'Data too long' })
  health.buried('mariadb', { kind: 'reading', code: 'ER_DATA_TOO_LONG', message: 'Data too long' })
  health.dropped('mariadb', 125, 'the queue is full')
  const { status, body } = health.page(queue)
  expect(status).toBe(503)
  expect(body).toContain('! mariadb: can never store 2 readings, the last 0.0 s ago (ER_DATA_TOO_LONG: Data too long)')
  expect(body).toContain('! mariadb: lost 125 readings, the last 0.0 s ago: the queue is full')
  later(600_000)
  expect(health.page(queue).status).toBe(200)
})

test('a disk that takes nothing and a sensor that says nothing are ill', () => {
  const { health } = measured()
  expect(health.page({ ...queue, diskError: new Error('EROFS: read-only file system, write'), inMemory: 7 })).toMatchObject({
    status: 503,
    body: expect.stringContaining('! disk: takes no readings (EROFS: read-only file system, write); 7 are in memory only') as string,
  })
  const silent = createHealth([], 1000)
  silent.unread('sensor /x does not answer within 2000 ms')
  expect(silent.page(queue)).toMatchObject({
    status: 503,
    body: expect.stringContaining('! readings: none yet: sensor /x does not answer') as string,
  })
})
