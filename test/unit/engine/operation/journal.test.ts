import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newJournal, ownJournal, sealed, unfinishedOf, unsealed } from '../../../../engine/operation/index.ts'
import { writesJournal } from '../../../../engine/operation/files.ts'
import { journal, moving, seal } from './moving.ts'

const folder = mkdtempSync(join(tmpdir(), 'temperature-fleet-journal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const other = 'c5f1f0a4-6c0e-4f43-9d0b-5c3f0d1f1c11'
const over = { ...journal, at: journal.steps.length }

describe('a journal', () => {
  it('comes back as it was written, and leaves nothing beside it', async () => {
    const own = ownJournal(join(folder, 'pi.yaml'), moving.files)
    expect(own.read()).toBeUndefined()
    await own.write(sealed({ ...journal, at: 3 }, seal))
    expect(unsealed(own.read() ?? '', seal, moving)).toEqual({ ...journal, at: 3 })
    expect(readdirSync(folder)).toEqual(['pi.house-move.json'])
    own.remove()
    expect(own.read()).toBeUndefined()
  })

  it('begins with the number after the last, and says whose it is', () => {
    const { hosts, steps, fleet } = journal
    const begun = newJournal({ fleet, owner: 'pi@desk', hosts, last: 3, about: { room: 'attic', carried: {} }, steps })
    expect(begun).toMatchObject({ number: 4, owner: 'pi@desk', at: 0, room: 'attic' })
    expect(unsealed(sealed(begun, seal), seal, moving)).toEqual(begun)
  })

  it('is believed only where this fleet has sealed it', () => {
    const doubt = (text: string) => unsealed(text, seal, moving)
    expect(doubt('{"at": "soon"}')).toEqual({ doubtful: 'it is no journal of a move' })
    expect(doubt('')).toEqual({ doubtful: 'it is no journal of a move' })
    expect(doubt(sealed(journal, { ...seal, key: 'of another' }))).toMatchObject({
      doubtful: expect.stringContaining('not sealed with this fleet’s secret') as string,
    })
    // Somebody on the Pi lets it go on two steps later.
    expect(doubt(sealed(journal, seal).replace('"at": 0', '"at": 2'))).toMatchObject({
      doubtful: expect.stringContaining('somebody changed it') as string,
    })
    // The same secret, as where an inventory was copied.
    expect(doubt(sealed({ ...journal, fleet: 'otherfleet' }, seal))).toEqual({ doubtful: 'it is about the fleet otherfleet' })
    expect(doubt(sealed({ ...journal, at: 5 }, seal))).toEqual({ doubtful: 'it stands behind its last step' })
  })

  it('is read by the schema of its operation alone', () => {
    const read = (change: object) => unsealed(sealed({ ...journal, ...change }, seal), seal, moving)
    expect(read({ room: 'a; reboot' })).toMatchObject({ doubtful: expect.stringMatching(/^it cannot be read: room /) as string })
    expect(read({ steps: [{ state: 'carry', node: 'a', to: '$(reboot)' }] })).toHaveProperty('doubtful')
    expect(read({ steps: [{ state: 'sell', node: 'a' }] })).toHaveProperty('doubtful')
    expect(read({ weights: {} })).toHaveProperty('doubtful')
  })

  it('counts by its number and by how far it is, whatever any clock says', () => {
    expect(unfinishedOf([journal, { ...journal, at: 3 }, { ...journal, at: 2 }], moving)?.at).toBe(3)
    const earlier = { ...journal, number: 2, id: other, began: '2030-01-01T00:00:00Z' }
    expect(unfinishedOf([{ ...journal, at: 1 }, earlier], moving)?.number).toBe(3)
    expect(unfinishedOf([], moving)).toBeUndefined()
  })

  it('that a host kept while it was away is over once anybody knows that', () => {
    expect(unfinishedOf([{ ...journal, at: 3 }, over], moving)).toBeUndefined()
    expect(unfinishedOf([{ ...journal, number: 2, id: other }, over], moving)).toBeUndefined()
  })

  it('two that were begun at once are told, and neither is chosen', () => {
    expect(() => unfinishedOf([journal, { ...journal, id: other }], moving)).toThrow('two moves with the number 3 were begun')
  })

  it('that is over takes the place of the last on a host, and is no longer in anybody’s way', () => {
    expect(writesJournal(moving.files, 'text', false)).not.toContain('rm -f')
    expect(writesJournal(moving.files, 'text', true)).toMatch(
      /house-move\.last\.json && rm -f \/var\/lib\/provision\/house-move\.json && sync \/var\/lib\/provision$/,
    )
  })
})
