import { describe, expect, it } from 'vitest'
import { cutOff, sealed, survey, type Journal, type SurveyedHosts } from '../../../../engine/operation/index.ts'
import { Locked } from '../../../../engine/run/lock.ts'
import { journal, moving, ownInMemory, seal, type About, type Move } from './moving.ts'

const over = { ...journal, at: journal.steps.length }

interface Host {
  readonly kept?: readonly Journal[]
  readonly texts?: readonly string[]
  readonly holder?: string
  readonly error?: Error
}

/** Asks hosts that say so; each answers with its name. */
function ask(hosts: Readonly<Record<string, Host>>, own?: Journal) {
  const surveyed: SurveyedHosts = {
    async kept(name) {
      const { kept = [], texts = [], error } = hosts[name] ?? {}
      if (error) throw error
      return [...kept.map(each => sealed(each, seal)), ...texts]
    },
    holder: async name => hosts[name]?.holder,
  }
  const asked: string[][] = []
  const answer = cutOff<string, About, Move>({
    operation: moving,
    seal,
    own: ownInMemory(own && sealed(own, seal)),
    hosts: ['a', 'b'],
    known: name => name in hosts,
    survey(names) {
      asked.push([...names])
      return survey(names, surveyed, { operation: moving, seal }, async name => name)
    },
  })
  return { answer, asked }
}

describe('an operation that was cut off', () => {
  it('is the furthest of what is here and on the hosts', async () => {
    const far = { ...journal, at: 2 }
    expect(await ask({ a: { kept: [far] }, b: {} }, journal).answer).toMatchObject({ journal: far })
    expect(await ask({ a: { kept: [journal] }, b: {} }, far).answer).toMatchObject({ journal: far })
    // From another machine: it has the secrets, and no journal.
    expect(await ask({ a: { error: new Error('off') }, b: { kept: [far] } }).answer).toMatchObject({ journal: far })
  })

  it('is asked of the hosts of the journal too, where the inventory still has them', async () => {
    const { answer, asked } = ask({ a: {}, b: {}, c: {} }, { ...journal, hosts: ['b', 'c', 'gone'] })
    await answer
    expect(asked).toEqual([['a', 'b', 'c']])
  })

  it('is nobody’s to take while somebody is at work', async () => {
    expect(await ask({ a: { kept: [journal], holder: 'eve@desk' }, b: {} }).answer).toMatchObject({ journal: undefined })
    const { journal: none, locked } = await ask({ a: { error: new Locked('eve@desk', 'wait') }, b: { kept: [journal] } }).answer
    expect(none).toBeUndefined()
    expect([...locked]).toEqual([['a', 'eve@desk']])
  })

  it('that is over, and not everywhere heard of, is told once more', async () => {
    expect(await ask({ a: { kept: [over] }, b: { kept: [journal] } }).answer).toMatchObject({ journal: over })
    expect(await ask({ a: {}, b: {} }, over).answer).toMatchObject({ journal: over })
    await expect(ask({ a: { kept: [over] }, b: { kept: [over] } }).answer).rejects.toThrow('no move of this house was cut off')
  })

  it('is none where no journal may be believed: that is told', async () => {
    const foreign = sealed(journal, { fleet: 'other', key: 'its own' })
    await expect(ask({ a: { texts: [foreign] }, b: {} }).answer).rejects.toThrow(
      'the journal of a move on a is not to be believed: it is not sealed with this fleet’s secret',
    )
    await expect(ask({ a: {}, b: {} }).answer).rejects.toMatchObject({ hint: 'move --check shows how the house stands' })
  })

  it('with a journal here that is another’s is refused before anybody is asked', async () => {
    const { asked, answer } = ask({ a: {}, b: {} }, { ...journal, fleet: 'otherfleet' })
    await expect(answer).rejects.toThrow('the journal beside the inventory is not to be believed: it is about the fleet otherfleet')
    expect(asked).toEqual([])
  })
})
