import { expect, test } from 'vitest'
import { formerUntil, judge, readCard, type CardSeen } from '../../../../engine/replace/card.ts'

const mark = { id: 'one', owner: 'anna@desk', began: '2026-11-26T10:00:00Z' }
const card = (change: Partial<CardSeen> = {}): CardSeen => ({ made: [], mark: undefined, ...change })

test('an empty card may become the host; the one that was taken is ours, whatever is on it by now', () => {
  expect(judge('pi', card(), undefined)).toBe('empty')
  expect(judge('pi', card(), 'one')).toBe('empty')
  expect(judge('pi', card({ mark }), 'one')).toBe('ours')
  expect(judge('pi', card({ mark, made: ['base', 'mariadb'] }), 'one')).toBe('ours')
})

test('a host that lives is not replaced, by a run that was cut off neither', () => {
  for (const id of [undefined, 'one'])
    expect(() => judge('pi', card({ made: ['base', 'mariadb'] }), id)).toThrow(
      'pi is not dead: what answers there has the roles base, mariadb',
    )
})

test('a card that another replacement took is left to it', () => {
  for (const id of [undefined, 'two'])
    expect(() => judge('pi', card({ mark }), id)).toThrow('anna@desk took this card for a replacement begun 2026-11')
})

test('is read from what a session printed; half a mark is none', () => {
  const facts = 'motd\nmade=no\n#facts\nrelease=bookworm\nmade=base\nmade=kafka\n'
  expect(readCard(facts, `${JSON.stringify(mark)}\n`)).toEqual({ made: ['base', 'kafka'], mark })
  expect(readCard('#facts\n', '{"id":"on')).toEqual({ made: [], mark: undefined })
  expect(readCard('#facts\n', '')).toEqual({ made: [], mark: undefined })
})

test('certificates of all cards before this one go, also of one that this replacement took and that was swapped', () => {
  const taken = '2026-11-26T11:00:00.000Z'
  expect(formerUntil(card({ mark: { ...mark, taken } }), mark.began)).toEqual(new Date(taken))
  // Of a release that did not note it.
  expect(formerUntil(card({ mark }), mark.began)).toEqual(new Date(mark.began))
  expect(readCard('#facts\n', JSON.stringify({ ...mark, taken: 'soon' })).mark).toBe(undefined)
})
