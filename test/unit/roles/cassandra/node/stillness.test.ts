import { expect, it } from 'vitest'
import { stillness } from '../../../../../roles/cassandra/node/index.ts'

it('is told once nothing was new for so long; what is new begins it again', () => {
  let now = 0
  const still = stillness({ now: () => now }, 10)
  const at = (seconds: number, seen: string) => {
    now = seconds * 1000
    return still(seen)
  }
  expect([at(5, 'a'), at(15, 'a'), at(16, 'a'), at(17, 'b'), at(27, 'b'), at(28, 'b')]).toEqual([false, false, true, false, false, true])
})
