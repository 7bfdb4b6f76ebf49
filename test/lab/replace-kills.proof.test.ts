import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, reset } from '../../lab/index.ts'
import { able, eventually, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'
import { begins, killed, hostsAt, replaceQuestions } from './replace-support.ts'

const at = { mysql: '10.78.146.90', producer1: '10.78.146.30' } as const

/** Where the command is killed: the state that it says it begins, and so many milliseconds later. */
const kills = [
  ['card', 0],
  ['card', 1500],
  ['provision', 0],
  ['provision', 4_000],
  ['restore', 0],
  ['restore', 400],
  ['revoke', 0],
  ['look', 0],
] as const

/** `npm run proof:replace-kills`: some ten minutes. */
proofs('a replacement that is killed', { able, timeout: 15 * minutes }, () => {
  const place = new Workplace()
  let file: string
  let fleet: Fleet
  const figures: Record<string, unknown> = {}

  const { on, run, well, sql, sums, lastNumber } = replaceQuestions(place, () => ({ fleet, file }))
  beforeAll(async () => {
    place.patience = 10 * minutes
    const host = hostsAt(at)
    file = place.write('fleet', 'testreplacekills', {
      hosts: {
        // As of tables that are too large for a dump: a copy of the files, opened by a second server on the new card.
        mysql: host('mysql', ['mariadb'], { mariadb: { copyFrom: 0 } }),
        producer1: host('producer1', ['mosquitto', 'collector'], {
          collector: { interval: 250, note: '{sequence}', backends: ['mariadb'] },
        }),
      },
    })
    fleet = await place.boot(file)
    await well('provision')
    await sql(
      `INSERT INTO reading (reading_location, reading_date, reading_note, reading_value) SELECT CONCAT('room', seq % 4), '2026-01-01' + INTERVAL seq SECOND, seq, seq / 7 FROM seq_1_to_50000`,
    )
    await eventually(async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_location = 'producer1'`)) > 20, 120)
  }, 12 * minutes)
  afterAll(async () => {
    console.log(`replace, killed: ${JSON.stringify(figures, undefined, 1)}`)
    await place.end(fleet)
  }, 2 * minutes)

  it('the host of MariaDB, killed at each step and run again: every row of the backup, and what waited comes after it', async () => {
    await on('producer1', 'systemctl stop collector')
    const now = await sql('SELECT MAX(reading_date) FROM reading')
    const before = await sums(now)
    const taken = await well('backup', 'run')
    expect(taken).toContain('mysql mariadb rows')
    expect(taken).toContain('producer1 collector number')
    expect(await well('backup', 'verify')).toContain('can be read')
    const last = await lastNumber()
    await fault.kill(fleet, 'mysql')
    await reset(fleet, 'mysql')
    await on('producer1', 'systemctl start collector')
    const check = await run('fleet', 'replace', 'mysql', '--check')
    expect(check.text).toMatch(/mariadb: as of the backup \d+T\d+Z, .* ago \(.*temperature\.reading bytes: \d{7}/)
    const began = Date.now()
    const seen: string[] = []
    for (const [state, after] of kills)
      if (await killed(place, 'fleet', ['replace', 'mysql', '--yes', '--inventory', file], { at: begins(state), after }))
        seen.push(`${state} +${after} ms`)
    figures['kills'] = seen
    await well('fleet', 'replace', 'mysql', '--yes')
    figures['mariadb, with kills'] = { seconds: (Date.now() - began) / 1000, before }
    expect(seen).toHaveLength(kills.length)
    expect(await sums(now)).toBe(before)
    await eventually(async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_date > '${now}'`)) > 20, 180)
    const numbers = (
      await sql(`SELECT reading_note FROM reading WHERE reading_location = 'producer1' AND reading_date > '${now}' ORDER BY reading_date`)
    )
      .split('\n')
      .map(Number)
    expect(numbers).toEqual(numbers.map((_, index) => last + 1 + index))
    expect((await run('fleet', 'replace', 'mysql', '--yes')).text).toContain('mysql is not dead')
  })
})
