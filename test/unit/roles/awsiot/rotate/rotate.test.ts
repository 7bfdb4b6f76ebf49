import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backward, forward } from '../../../../../roles/awsiot/rotate/drive.ts'
import { canGiveUp, stages } from '../../../../../roles/awsiot/rotate/next.ts'
import { Cut, host, Model } from './model.ts'

const silent = () => {}

/** The steps of the journal from `at` on, each written down when it is done; gives how far it came. */
async function run(model: Model, at = 0): Promise<number> {
  let done = at
  try {
    for (const stage of stages.slice(at)) {
      await forward(model, host, 'old', stage, silent)
      done++
    }
  } catch (error) {
    if (!(error instanceof Cut)) throw error
  }
  return done
}

async function changesOfAll(): Promise<number> {
  const model = new Model()
  model.left = 1000
  expect(await run(model)).toBe(stages.length)
  return 1000 - model.left
}

test('a renewal that nobody cuts ends with one certificate, the new one', async () => {
  const model = new Model()
  await run(model)
  expect(model.wrong()).toEqual([])
  expect(model.current.request).toBe('new1')
  // Once more from its beginning, as a machine would that did not hear how far it came.
  await run(model)
  expect([model.wrong(), model.current.request]).toEqual([[], 'new1'])
})

test('an agent that is too busy to answer a look after its proof is asked again; one that never answers looks ends it', async () => {
  /** The agent answers no look until so many proofs were seen. */
  const silentUntil = (proofs: number) => {
    const model = new Model()
    let seen = 0
    const look = async () => {
      const { proven, ...others } = await model.look()
      return proven === undefined || (others.current.request !== 'old' && seen < proofs) ? others : { ...others, proven }
    }
    const does: Model['does'] = async (act, ...more) => {
      await model.does(act, ...more)
      if (act === 'prove') seen++
    }
    return { model, world: { look, does } }
  }
  const busy = silentUntil(3)
  await forward(busy.world, host, 'old', 'tidy', silent)
  expect([busy.model.wrong(), busy.model.current.request]).toEqual([[], 'new1'])
  await expect(forward(silentUntil(Infinity).world, host, 'old', 'tidy', silent)).rejects.toThrow('had no effect')
})

test('cut before each change, and resumed: exactly one is active, and the agent was let in at each moment', async () => {
  const all = await changesOfAll()
  expect(all).toBeGreaterThan(25)
  for (let cut = 0; cut < all; cut++) {
    const model = new Model()
    model.left = cut
    const at = await run(model)
    model.left = Infinity
    await run(model, at)
    expect([cut, model.wrong(), model.current.request?.startsWith('new')]).toEqual([cut, [], true])
  }
})

test('cut before each change, and given up: the one it began with is the only one, or it says that it must go on', async () => {
  const all = await changesOfAll()
  let given = 0
  for (let cut = 0; cut < all; cut++) {
    const model = new Model()
    model.left = cut
    await run(model)
    model.left = Infinity
    if (!canGiveUp(await model.look(), 'old')) continue
    await backward(model, host, 'old', silent)
    given++
    expect([cut, model.wrong(), model.current.request]).toEqual([cut, [], 'old'])
  }
  expect(given).toBeGreaterThan(15)
})

test('one that AWS does not let in is put back; when the cause is mended it goes on, and else it is given up', async () => {
  const refused = async () => {
    const model = new Model()
    model.refuses = true
    await expect(run(model)).rejects.toThrow('not acknowledged')
    expect([model.current.request, model.aws.lets('old')]).toEqual(['old', true])
    return model
  }
  const mended = await refused()
  mended.refuses = false
  await run(mended, stages.indexOf('prove'))
  expect([mended.wrong(), mended.current.request]).toEqual([[], 'new1'])
  const given = await refused()
  await backward(given, host, 'old', silent)
  expect([given.wrong(), given.current.request]).toEqual([[], 'old'])
})

describe('whatever comes in between', () => {
  const event = fc.oneof(
    { weight: 5, arbitrary: fc.nat(12).map(left => ({ kind: 'run' as const, left })) },
    { weight: 1, arbitrary: fc.nat(12).map(left => ({ kind: 'provision' as const, left })) },
    { weight: 1, arbitrary: fc.nat(12).map(left => ({ kind: 'deploy' as const, left })) },
    { weight: 1, arbitrary: fc.nat(8).map(left => ({ kind: 'abort' as const, left })) },
  )

  test('runs cut anywhere, others that provision and deploy, a give-up that is cut too: in the end one is active', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async events => {
        const model = new Model()
        let at = 0
        let aborting = false
        const within = async (left: number, work: () => unknown) => {
          model.left = left
          try {
            await work()
          } catch (error) {
            if (!(error instanceof Cut)) throw error
          }
          model.left = Infinity
        }
        for (const { kind, left } of events) {
          if (kind === 'provision') await within(left, () => model.provision())
          else if (kind === 'deploy') await within(left, () => model.deploy())
          else if (at === stages.length) continue
          else if (kind === 'abort' || aborting) {
            if (!canGiveUp(await model.look(), 'old')) continue
            aborting = true
            await within(left, () => backward(model, host, 'old', silent))
          } else
            await within(left, async () => {
              at = await run(model, at)
            })
        }
        if (aborting) await backward(model, host, 'old', silent)
        else await run(model, at)
        model.provision()
        model.deploy()
        expect(model.wrong()).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})
