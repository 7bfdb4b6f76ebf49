import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failed } from '../../../../engine/errors.ts'
import type { Fleet } from '../../../../engine/inventory/types.ts'
import {
  Hosts,
  isOver,
  journalOnHost,
  lastOnHost,
  lead,
  ownJournal,
  sealed,
  survey,
  unsealed,
  type Course,
  type Finding,
  type Journal,
  type LeadFlags,
  type Person,
} from '../../../../engine/operation/index.ts'
import type { Session } from '../../../../engine/ssh/session.ts'
import { journal, moving, seal, type About, type Move } from './moving.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-lead-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A card with journals on it, and who has locked the host: what a session of this test sees of a Pi. */
class Card {
  readonly files = new Map<string, string>()
  holder: string | undefined
  journal(): Journal | undefined {
    const read = unsealed(this.files.get(journalOnHost(moving.files)) ?? '', seal, moving)
    return 'doubtful' in read ? undefined : read
  }
  last(): Journal | undefined {
    const read = unsealed(this.files.get(lastOnHost(moving.files)) ?? '', seal, moving)
    return 'doubtful' in read ? undefined : read
  }
}

class House {
  readonly cards = new Map([
    ['a', new Card()],
    ['b', new Card()],
  ])
  findings: Finding[] = []
  steps: readonly Move[] = journal.steps
  fails: string | undefined
  readonly did: string[] = []
  readonly said: string[] = []
  readonly printed: unknown[] = []
  consents = true
  standing = { leave: true, says: ['it stands in the hall'] }
  readonly fleet = { name: 'pi', file: join(folder, 'pi.yaml'), hosts: [{ name: 'a' }, { name: 'b' }] } as unknown as Fleet
  readonly own = ownJournal(this.fleet.file, moving.files)

  card = (name: string): Card => this.cards.get(name) ?? new Card()

  session(name: string): Session {
    const card = this.card(name)
    let mine = false
    return {
      async lock(owner: string) {
        if (card.holder !== undefined) return { held: false, owner: card.holder, orphaned: false }
        card.holder = owner
        mine = true
        return { held: true }
      },
      async run(text: string) {
        return { code: 0, stderr: '', stdout: answer(card, text) }
      },
      async close() {
        if (mine) card.holder = undefined
      },
    } as unknown as Session
  }

  async run(flags: LeadFlags = {}): Promise<number> {
    const open = async (name: string) => this.session(name)
    const tell = (text: string) => void this.said.push(text)
    const hosts = new Hosts({ operation: moving, open, waiting: tell, ...(!flags.check && { owner: 'pi@desk (move)' }) })
    try {
      return await lead(this.course(hosts), { fleet: this.fleet, hosts, seal, flags, open, person: this.person() })
    } finally {
      await hosts.close()
    }
  }

  course(hosts: Hosts): Course<About, Move, string> {
    const surveyed = (names: readonly string[]) => survey(names, hosts, { operation: moving, seal }, async name => name)
    return {
      operation: moving,
      hosts: ['a', 'b'],
      survey: surveyed,
      look: async own => {
        const { journals, locked } = await surveyed(['a', 'b'])
        const unfinished = [...(own ? [own] : []), ...journals].find(each => !isOver(each))
        return {
          findings: this.findings,
          steps: this.steps,
          unfinished,
          locked,
          text: check => `look ${check}`,
          json: () => 'look',
          begins: owner => ({ ...journal, owner }),
        }
      },
      take: async ({ state, node }) => {
        if (this.fails === `${node} ${state}`) throw new Failed({ message: `${node} cannot ${state}` })
        this.did.push(`${node} ${state}`)
        return undefined
      },
      standing: async () => this.standing,
      leave: async () => void this.did.push('left'),
      text: answers => `the house of ${[...answers.keys()].join(' and ')}`,
      json: answers => ({ of: [...answers.keys()] }),
      remarks: () => ['sweep the stairs'],
    }
  }

  person(): Person {
    return {
      json: false,
      print: (_data, text) => void this.printed.push(text()),
      event: data => void this.printed.push(data),
      out: text => void this.printed.push(text),
      tell: text => void this.said.push(text),
      agrees: async to => {
        if (!this.consents) throw new Failed({ message: `not agreed: ${to}` })
      },
      shows: async () => ({ on: () => {}, say: () => {}, ended: async () => {} }),
      stops: () => new AbortController().signal,
    }
  }
}

/** What the few shell texts of journals print on such a card. */
function answer({ files, holder }: Card, text: string): string {
  const [now, last] = [journalOnHost(moving.files), lastOnHost(moving.files)]
  if (text.startsWith(`cat ${now}`)) return `${files.get(now) ?? ''}\u001d${files.get(last) ?? ''}`
  const written = /base64 -d <<'\.' >'?(\S+?)\.new'?\n([^.]*)\n\./.exec(text)
  if (written) files.set(written[1] ?? '', Buffer.from(written[2] ?? '', 'base64').toString())
  if (text.includes(`rm -f ${now}`)) files.delete(now)
  return written ? '' : (holder ?? '')
}

const cutOffAt = (house: House, at: number) => {
  for (const card of house.cards.values()) card.files.set(journalOnHost(moving.files), sealed({ ...journal, at }, seal))
}

describe('leading an operation', () => {
  it('looks and writes nothing where it shall only check', async () => {
    const house = new House()
    expect(await house.run({ check: true })).toBe(2)
    expect(house.printed).toEqual(['look true'])
    expect([...house.cards.values()].every(({ files }) => files.size === 0)).toBe(true)
    expect(house.own.read()).toBeUndefined()
    house.steps = []
    expect(await house.run({ check: true })).toBe(0)
    house.findings = [{ refuses: true, what: 'the stairs are wet', remedy: 'wait' }]
    expect(await house.run({ check: true })).toBe(1)
  })

  it('asks, takes the steps with every host locked, and lets everybody hear the end', async () => {
    const house = new House()
    expect(await house.run()).toBe(0)
    expect(house.did).toEqual(['a lift', 'a carry', 'b lift', 'b carry'])
    for (const card of house.cards.values()) {
      expect(card.journal()).toBeUndefined()
      expect(isOver(card.last() as Journal)).toBe(true)
      expect(card.holder).toBeUndefined()
    }
    expect(house.printed).toEqual(['look false', '\nthe house of a and b'])
    expect(house.said).toEqual(['sweep the stairs'])
  })

  it('does nothing without consent, nor where something refuses', async () => {
    const house = new House()
    house.consents = false
    await expect(house.run()).rejects.toThrow('not agreed: things will stand elsewhere')
    house.consents = true
    house.findings = [{ refuses: true, what: 'the stairs are wet', remedy: 'wait' }]
    await expect(house.run()).rejects.toMatchObject({ message: 'nothing was done: the house is not ready for it', hint: 'wait' })
    expect(house.did).toEqual([])
    expect(house.own.read()).toBeUndefined()
  })

  it('begins nothing beside a run that was cut off, and goes on with that', async () => {
    const house = new House()
    house.fails = 'b lift'
    await expect(house.run()).rejects.toThrow('b cannot lift')
    expect(house.card('b').journal()).toMatchObject({ at: 2, owner: expect.stringContaining('(move, process') as string })
    await expect(house.run()).rejects.toMatchObject({
      message: 'a move of this house was cut off at step 3 of 4',
      hint: 'move --resume goes on; move --abort leaves the house as it is',
    })
    house.fails = undefined
    expect(await house.run({ check: true, resume: true })).toBe(2)
    expect(house.printed.at(-1)).toMatch(/^Going on at step 3 of 4, begun .*\n {2}3 {2}b {2}lift {10}lifts it\n/)
    expect(await house.run({ resume: true })).toBe(0)
    expect(house.did).toEqual(['a lift', 'a carry', 'b lift', 'b carry'])
    await expect(house.run({ resume: true })).rejects.toThrow('no move of this house was cut off')
  })

  it('leaves things as they stand, and everybody hears that it is over', async () => {
    const house = new House()
    cutOffAt(house, 1)
    expect(await house.run({ abort: true, check: true })).toBe(0)
    expect(house.did).toEqual([])
    expect(house.card('a').journal()).toBeDefined()
    house.standing = { leave: false, says: ['it hangs on a rope'] }
    await expect(house.run({ abort: true })).rejects.toMatchObject({ message: 'it hangs on a rope', hint: 'move --resume' })
    house.standing = { leave: true, says: ['it stands in the hall'] }
    expect(await house.run({ abort: true })).toBe(0)
    expect(house.did).toEqual(['left'])
    expect(house.printed.at(-1)).toBe('the house of a and b\nit stands in the hall.\n')
    for (const card of house.cards.values()) expect(isOver(card.last() as Journal)).toBe(true)
  })

  it('is told who is at work and at which step, and begins nothing', async () => {
    const house = new House()
    cutOffAt(house, 1)
    house.card('a').holder = 'eve@desk (move)'
    for (const flags of [{}, { resume: true }, { abort: true }] as const)
      await expect(house.run(flags)).rejects.toMatchObject({
        code: 'locked',
        message: expect.stringContaining('eve@desk (move) is at work right now, at step 2 of 4: a: carry') as string,
      })
    expect(house.did).toEqual([])
    expect(house.card('a').holder).toBe('eve@desk (move)')
  })
})
