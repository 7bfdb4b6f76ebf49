import { expect, test } from 'vitest'
import { createHealth } from '../../../collector/health.ts'
import { healthOf } from '../../../collector/health-answer.ts'

const queue = { diskError: undefined as unknown, inMemory: 0, waiting: () => 4 }

/** The answer as it comes over the wire. */
function answer(happen: (health: ReturnType<typeof createHealth>) => void): string {
  const health = createHealth(['mariadb', 'cassandra'], 1000)
  health.read()
  health.stored('cassandra')
  happen(health)
  const { status, type, body } = health.page(queue)
  return `HTTP/1.1 ${status} OK\r\ncontent-type: ${type}\r\nConnection: close\r\n\r\n${body}`
}

test('sure is what measures and stores', () => {
  expect(healthOf(answer(health => health.stored('mariadb')))).toEqual({ sure: true, ill: [], away: [], untried: [] })
})

test('a database that was not tried yet is waited for', () => {
  expect(healthOf(answer(() => {}))).toMatchObject({ sure: false, untried: ['mariadb: not tried yet; 4 readings wait'] })
})

test('one that is away is told, and is no failure', () => {
  const told = healthOf(
    answer(health => health.failed('mariadb', { kind: 'transient', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' })),
  )
  expect(told).toMatchObject({ sure: true, away: ['mariadb: away (ECONNREFUSED: connect ECONNREFUSED); 4 readings wait'] })
})

test('one that refuses us is a failure in its own words', () => {
  const told = healthOf(
    answer(health =>
      health.failed('mariadb', { kind: 'refused', code: 'ER_ACCESS_DENIED_ERROR', message: 'Access denied for user collector' }),
    ),
  )
  expect(told.sure).toBe(false)
  expect(told.ill).toEqual(['mariadb: refuses us (ER_ACCESS_DENIED_ERROR: Access denied for user collector); 4 readings wait'])
})

test('no answer is no health', () => {
  expect(healthOf('')).toMatchObject({ sure: false })
})
