import { expect, test } from 'vitest'
import type { Answer } from '../../../../roles/awsiot/answer.ts'
import { patience, proof } from '../../../../roles/awsiot/answer.ts'
import { deployment } from '../../../../roles/awsiot/deployment.ts'

const certificate = 'a'.repeat(64)
const using: Answer = { current: { request: 'b'.repeat(12), certificate }, endpoint: true }

/** Each pause is time. */
function clock() {
  let now = 0
  return { now: () => now, pause: async (seconds: number) => void (now += seconds * 1000) }
}

test('at work is what had a reading acknowledged with the certificate in use, and with no other', async () => {
  const said: string[] = []
  const answers: Answer[] = [using, { ...using, proven: 'c'.repeat(64), says: 'awsiot: CLOCK' }, { ...using, proven: certificate }]
  expect(
    await proof(
      async () => answers.shift() ?? using,
      clock(),
      text => void said.push(text),
    ),
  ).toEqual({ proven: true })
  expect(said).toEqual(['waits for a reading to be acknowledged', 'awsiot: CLOCK'])
})

test('silence is no proof: it ends, with what the agent said last', async () => {
  const time = clock()
  const ill = { ...using, says: 'awsiot: NOT_AUTHORIZED' }
  expect(
    await proof(
      async () => ill,
      time,
      () => {},
    ),
  ).toEqual({ proven: false, says: 'awsiot: NOT_AUTHORIZED' })
  expect(time.now()).toBeGreaterThanOrEqual(patience * 1000)
})

test('a deploy asks, unless a person has agreed before', () => {
  expect(deployment.program(false)).not.toContain('--auto-approve')
  expect(deployment.program(true)).toContain('--auto-approve')
})
