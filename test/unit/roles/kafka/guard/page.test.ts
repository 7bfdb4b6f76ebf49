import { describe, expect, it } from 'vitest'
import { page } from '../../../../../roles/kafka/guard/page.ts'
import { readGuard } from '../../../../../roles/kafka/guard/status.ts'
import type { Level } from '../../../../../roles/kafka/guard/level.ts'

const MiB = 2 ** 20
const read = (own: Level, others: Readonly<Record<number, Level>> = {}, age = 1) => {
  const holds = new Map(Object.entries(others).map(([id, level]) => [Number(id), level]))
  return readGuard(page({ free: 120 * MiB, floor: 512 * MiB, looked: { own, holds: holds.set(1, own) }, age }))
}

describe('the page of a guard, as status reads it', () => {
  it('says nothing while all is taken', () => expect(read(0)).toEqual({ wrong: [], warns: [] }))

  it('tells the numbers where the card is full', () => {
    expect(read(2).wrong).toEqual(['its card is full, and the cluster takes nothing: 120 MiB free, floor 512 MiB'])
    expect(read(1).warns).toEqual(['producers are slowed down: 120 MiB free, floor 512 MiB'])
  })

  it('names the broker whose card it is', () => {
    expect(read(0, { 4711: 2 }).wrong).toEqual(['takes nothing, as broker 4711 asked for: its card is full'])
  })

  it('tells of a guard that is blind, or gone', () => {
    expect(read(0, {}, 100).warns).toEqual(['the guard of its card has asked the cluster in vain for 100 s'])
    expect(readGuard('').warns).toEqual(['the guard of its card does not answer'])
    expect(page({ free: 1, floor: 2, age: 3 })).not.toContain('kafka_guard_state')
  })
})
