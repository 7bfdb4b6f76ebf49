import { describe, expect, test } from 'vitest'
import { ringFigures } from '../../../../roles/cassandra/figures/text.ts'

const value = (text: string, name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])

describe('figures of a ring', () => {
  const quarter = 2n ** 62n
  const peers = [{ address: '10.0.0.2', tokens: [String(quarter)] }]

  test('what a node owns is what lies before its tokens', () => {
    // From a quarter on to none, over the end of the numbers: three quarters.
    expect(value(ringFigures({ own: ['0'], peers, streams: [] }, 0), 'cassandra_owned_ratio')).toBe(0.75)
    expect(value(ringFigures({ own: ['0'], peers: [], streams: [] }, 0), 'cassandra_owned_ratio')).toBe(1)
  })

  test('one that is joining owns nothing yet', () => {
    expect(value(ringFigures({ own: [], peers, streams: [] }, 0), 'cassandra_owned_ratio')).toBe(0)
  })

  test('the stream that stands still longest counts; those that are over do not', () => {
    const still = (streams: Parameters<typeof ringFigures>[0]['streams']) =>
      value(ringFigures({ own: ['0'], peers, streams }, 2_000_000), 'cassandra_stream_still_seconds')
    expect(still([])).toBe(0)
    expect(
      still([
        { status: 'start', moved: 1_990_000 },
        { status: 'init', moved: 800_000 },
      ]),
    ).toBe(1200)
    expect(
      still([
        { status: 'success', moved: 0 },
        { status: 'failure', moved: 0 },
      ]),
    ).toBe(0)
  })
})
