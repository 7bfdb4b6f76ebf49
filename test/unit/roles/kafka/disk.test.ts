import { describe, expect, it } from 'vitest'
import { bytesBesideTexts, kafkaDisk, shareOf } from '../../../../roles/kafka/disk.ts'
import { members } from '../../../../roles/kafka/members.ts'
import { fleetOf, type Vars } from './fleet.ts'

const rates = [{ location: 'producer1', readings: 86_400, texts: 15 }]
const perDay = (index: number, ...vars: readonly Vars[]) => {
  const all = members(fleetOf(...vars))
  const own = all[index]
  if (!own) throw new Error('no such broker')
  return kafkaDisk(own, all, { memory: 2 ** 30, cores: 4 }, rates)['readings']
}

describe('what a broker takes of the card', () => {
  it('is every reading where it is alone', () => {
    expect(perDay(0, {})?.perDay).toBe(86_400 * (bytesBesideTexts + 15))
  })

  it('is its share by weight, times the copies', () => {
    const all = members(fleetOf({ weight: 1, replication: 2 }, { weight: 1, replication: 2 }, { weight: 2, replication: 2 }))
    expect(all.map(own => shareOf(own, all))).toEqual([0.5, 0.5, 1])
  })

  it('has an end with a retention, and a floor that the guard keeps', () => {
    expect(perDay(0, { retention: 30 })?.days).toBe(37)
    expect(perDay(0, {})?.days).toBeUndefined()
    const all = members(fleetOf({ floor: 300 }))
    const [own] = all
    if (!own) throw new Error('no broker')
    expect(kafkaDisk(own, all, { memory: 2 ** 30, cores: 4 }, [])['what the guard keeps free']?.floor).toBe(300 * 2 ** 20)
  })
})
