import { expect, test } from 'vitest'
import { isOff, whyItStays } from '../../../../roles/cassandra/leaving.ts'
import { bash } from '../../engine/bash.ts'
import { parseStatus } from '../../../../roles/cassandra/ring/index.ts'

const status = (...lines: string[]) =>
  parseStatus(lines.map((line, index) => `${line}  70.1 KiB  16  100.0%  0c1b2f4e-0000-4000-8000-00000000000${index}  rack1`).join('\n'))

test('a node of a ring with others stays until it has left; a ring of its own owes nobody anything', () => {
  expect(whyItStays('mysql', status('UN  10.0.0.1', 'DN  10.0.0.2'), 1)).toEqual({
    message:
      'mysql is no longer to be a node, and is still one of a ring of 2 (10.0.0.1 UN, 10.0.0.2 DN): its data is not with the others yet',
    hint: 'let it leave first: rebalance --remove mysql',
  })
  expect(whyItStays('mysql', status('UN  10.0.0.1'), 1)).toBeUndefined()
})

test('a server that says nothing is not taken for one that has left, unless there is nobody else', () => {
  expect(whyItStays('mysql', [], 1)?.message).toBe('mysql is no longer to be a node, and its server does not say whether it still is one')
  expect(whyItStays('mysql', [], 0)).toBeUndefined()
})

test.each([
  ['inactive', 1, 0],
  ['failed', 1, 0],
  ['inactive', 0, 1],
  ['active', 1, 1],
  ['activating', 1, 1],
  ['', 1, 1],
])('a server that systemd calls "%s" (is-enabled ends with %i) is off: exit %i', (active, enabled, code) => {
  expect(bash(`systemctl() { case $1 in is-active) echo '${active}' ;; *) return ${enabled} ;; esac; }; ${isOff}`).code).toBe(code)
})
