import { describe, expect, it } from 'vitest'
import { carryOut, isOver, unsealed, type CarryOutOptions, type Journal, type OperationEvent } from '../../../../engine/operation/index.ts'
import { journal, moving, ownInMemory, seal, type About, type Move } from './moving.ts'

type Options = CarryOutOptions<About, Move>

/** A run of the operation; `kept` is what each host heard last. */
function scene(change: Partial<Options> = {}, deaf: ReadonlySet<string> = new Set()) {
  const own = ownInMemory()
  const kept = new Map<string, Journal>()
  const events: OperationEvent[] = []
  const taken: string[] = []
  const options: Options = {
    own,
    seal,
    clock: { now: () => 0, pause: async () => {} },
    copies: {
      known: host => host !== 'gone',
      async keep(host, now) {
        if (deaf.has(host)) throw new Error('it does not answer')
        kept.set(host, now)
      },
    },
    on: event => void events.push(event),
    async take({ node, state }) {
      const read = unsealed(own.text ?? '', seal, moving)
      // It stands in the journal, here and there, before it begins.
      expect('doubtful' in read ? read : read.steps[read.at]).toMatchObject({ node, state })
      for (const [, { at, steps }] of kept) expect(steps[at]).toMatchObject({ node, state })
      taken.push(`${node} ${state}`)
      return undefined
    },
    ...change,
  }
  return { own, kept, events, taken, options, run: (from = journal) => carryOut(from, moving, options) }
}

describe('the steps of an operation', () => {
  it('are written down here and on every host before each begins; at the end everybody hears that it is over', async () => {
    const { own, kept, taken, events, run } = scene()
    await run()
    expect(taken).toEqual(['a lift', 'a carry', 'b lift', 'b carry'])
    expect([...kept].map(([host, now]) => [host, isOver(now)])).toEqual([
      ['a', true],
      ['b', true],
    ])
    expect(own.text).toBeUndefined()
    expect(events.map(({ event }) => event)).toEqual(Array.from({ length: 4 }, () => ['step', 'done']).flat())
    expect(events[0]).toEqual({ event: 'step', step: 1, of: 4, state: 'lift', node: 'a', does: 'lifts it' })
  })

  it('go on from where the journal stands', async () => {
    const { taken, run } = scene()
    await run({ ...journal, at: 2 })
    expect(taken).toEqual(['b lift', 'b carry'])
  })

  it('that fail leave the journal at them', async () => {
    const { own, kept, run } = scene({
      async take({ state }) {
        if (state === 'carry') throw new Error('too heavy')
        return undefined
      },
    })
    await expect(run()).rejects.toThrow('too heavy')
    expect(unsealed(own.text ?? '', seal, moving)).toMatchObject({ at: 1 })
    expect(kept.get('b')).toMatchObject({ at: 1 })
  })

  it('give what the later ones must know, which is written down with them', async () => {
    const { options, own, run } = scene()
    let seen: unknown
    await run().then(() => {})
    Object.assign(options, {
      async take({ state, node }: Move, now: Journal<About, Move>) {
        if (state === 'carry') return { carried: { ...now.carried, [node]: 2 } }
        if (node === 'b') {
          seen = now.carried
          throw new Error('stop here')
        }
        return undefined
      },
    } satisfies Partial<Options>)
    await expect(run()).rejects.toThrow('stop here')
    expect(seen).toEqual({ a: 2 })
    expect(unsealed(own.text ?? '', seal, moving)).toMatchObject({ at: 2, carried: { a: 2 } })
  })

  it('stop where a person stopped them, at the next look or after the step', async () => {
    const stopping = new AbortController()
    const { own, run } = scene({
      stop: stopping.signal,
      async take(_step, _now, progress) {
        progress('half way')
        stopping.abort()
        progress('further')
        return undefined
      },
    })
    await expect(run()).rejects.toMatchObject({ message: 'stopped', hint: expect.stringContaining('`move --resume` goes on') as string })
    expect(unsealed(own.text ?? '', seal, moving)).toMatchObject({ at: 0 })
  })

  it('are not at their end while a host has not heard so: the controller keeps the journal, to tell it later', async () => {
    const { own, run } = scene({}, new Set(['b']))
    await expect(run()).rejects.toMatchObject({
      message: 'all is done but one thing: 1 of 2 hosts did not hear that this move is over, and keep their journals of it',
      failure: { output: ['b: it does not answer'], hint: '`move --resume` tells them, once they answer' },
    })
    const read = unsealed(own.text ?? '', seal, moving)
    expect('doubtful' in read ? read : isOver(read)).toBe(true)
  })
})
