import { expect, test } from 'vitest'
import { readPrometheus } from '../../../../roles/prometheus/status.ts'

const head = 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n'
const target = (host: string, health: string, lastError = '') => ({ health, lastError, labels: { job: 'node', host } })
const answer = (targets: readonly object[], alerts: readonly object[]) =>
  [{ activeTargets: targets }, { alerts }].map(data => `${head}${JSON.stringify({ status: 'success', data })}`).join('\u001d')

test('says how many answer, and which alerts there are', () => {
  expect(
    readPrometheus(
      answer(
        [target('one', 'up'), target('two', 'down', 'connection refused'), target('three', 'unknown')],
        [
          { state: 'firing', annotations: { summary: 'two does not answer.' } },
          { state: 'pending', annotations: { summary: 'soon' } },
        ],
      ),
    ),
  ).toEqual({
    says: ['1 of 3 targets answer', 'alert: two does not answer.'],
    warns: ['node on two does not answer it: connection refused'],
  })
})

test.each(['', `${head}{}`, `${head}{"data":`])('is wrong where it says nothing that can be read: %j', output => {
  expect(readPrometheus(output)).toEqual({ wrong: ['it runs and does not answer'] })
})
