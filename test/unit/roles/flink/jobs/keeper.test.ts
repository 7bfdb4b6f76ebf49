import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { jobOf, readName } from '../../../../../roles/flink/jobs/job.ts'
import { bringToCard, newestCheckpoint, Records, savepointIn } from '../../../../../roles/flink/jobs/keeper/disk.ts'
import { causes, hidden, submitWords } from '../../../../../roles/flink/jobs/keeper/submit.ts'
import { differences, type JobsSeen } from '../../../../../roles/flink/jobs/kind.ts'
import { tableOptions } from '../../../../../roles/flink/jobs/sql/target.ts'
import { jaas } from '../../../../../roles/flink/jobs/sql/source.ts'

const folder = mkdtempSync(join(tmpdir(), 'flink-jobs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('restore points on the disk', () => {
  const point = (name: string, whole = true) => {
    mkdirSync(join(folder, name), { recursive: true })
    if (whole) writeFileSync(join(folder, name, '_metadata'), Buffer.from('4960672d00', 'hex'))
  }
  test('are the newest by number, and whole', () => {
    for (const number of [9, 10, 8]) point(`run/chk-${number}`)
    point('run/chk-11', false)
    point('run/shared', false)
    expect(newestCheckpoint(join(folder, 'run'))).toBe(join(folder, 'run/chk-10'))
    expect(newestCheckpoint(join(folder, 'none'))).toBeUndefined()
    point('saved/savepoint-1', false)
    expect(savepointIn(join(folder, 'saved'))).toBeUndefined()
    point('saved/savepoint-1')
    expect(savepointIn(join(folder, 'saved'))).toBe(join(folder, 'saved/savepoint-1'))
  })

  test('are none where a power cut took their content', () => {
    for (const number of [1, 2, 3]) point(`cut/chk-${number}`)
    writeFileSync(join(folder, 'cut/chk-3/_metadata'), '')
    writeFileSync(join(folder, 'cut/chk-2/0c1d'), '')
    writeFileSync(join(folder, 'cut/chk-1/0c1d'), 'state')
    expect(newestCheckpoint(join(folder, 'cut'))).toBe(join(folder, 'cut/chk-1'))
    writeFileSync(join(folder, 'cut/chk-1/_metadata'), 'IIgg')
    expect(newestCheckpoint(join(folder, 'cut'))).toBeUndefined()
  })

  test('are brought to the card with all that is below them', () => {
    expect(() => bringToCard(join(folder, 'run'))).not.toThrow()
  })
})

test('records are there as they were written, and nobody has said which jobs are wanted', () => {
  const records = new Records(join(folder, 'records'))
  expect([records.wanted(), records.names(), records.read('a')]).toEqual([undefined, [], undefined])
  records.write({ name: 'a', restore: '/s' })
  records.want([jobOf('a', 'x')])
  expect([records.names(), records.read('a'), records.wanted()?.[0]?.sql]).toEqual([['a'], { name: 'a', restore: '/s' }, 'x'])
  records.forget('a')
  expect(records.names()).toEqual([])
})

describe('a submission', () => {
  const submitter = { java: 'java', flags: ['-Xmx1m'], classPath: 'c', settings: '/etc/f', scratch: '/tmp', patience: 1 }
  const sql = "SET 'a' = 'b';\nINSERT INTO t SELECT 'secret'"

  test('has its name, id and state in its words, and no SQL', () => {
    const words = submitWords(
      submitter,
      'averages',
      jobOf('averages', sql),
      { id: 'f', hash: 'h', settled: false, from: '/s', drops: true },
      '/scratch',
    )
    expect(words.join(' ')).toMatch(
      /^-Xmx1m -Djava.io.tmpdir=\/scratch -cp c SubmitSql \/etc\/f a b pipeline.name averages [0-9a-f]{16} \$internal.pipeline.job-id f execution.state-recovery.path file:\/\/\/s execution.state-recovery.ignore-unclaimed-state true$/,
    )
  })

  test('says no password in an error', () => {
    const database = { host: 'h', port: 1, database: 'd', user: 'u', password: "pa'ss" }
    const options = { ...tableOptions(database, 't'), 'properties.sasl.jaas.config': jaas('u', 'ka"fka') }
    const text = Object.entries(options).map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`)
    expect(hidden(`at pa'ss and pa''ss, ka"fka or ka\\"fka`, text.join(', '))).toBe('at *** and ***, *** or ***')
  })

  test('says what went wrong in the last causes', () => {
    const said = `Exception in thread "main" org.apache.flink.table.api.ValidationException: Sink is wrong
	at org.apache.Some.thing(Some.java:1)
Caused by: org.apache.flink.table.api.TableException: no such table
`
    expect(causes(said)).toEqual(['ValidationException: Sink is wrong', 'TableException: no such table'])
  })
})

describe('what a plan says', () => {
  const job = jobOf('averages', 'x')
  const record = { name: 'averages', hash: job.hash, id: '1', settled: true, stopping: false, refused: {} }
  const seen: JobsSeen = { wanted: [job], records: [record], jobs: [{ id: '1', name: `averages ${job.hash}`, state: 'RUNNING' }] }
  const said = (of: readonly (typeof job)[], by: JobsSeen) => differences(of, by).map(({ does }) => does)

  test.for([
    ['nothing of one at work', [job], seen, []],
    ['nothing where the JobManager is silent', [job], { wanted: [job], records: [record] }, []],
    ['submit', [job], { wanted: [], records: [], jobs: [] }, ['submit averages']],
    ['resume', [job], { ...seen, jobs: [] }, ['submit averages again, from its newest checkpoint']],
    ['edit', [jobOf('averages', 'y')], seen, ['stop averages with a savepoint, and go on from it as it was edited']],
    ['removal', [], seen, ['stop averages with a savepoint, and submit it no more']],
    ['removal of one in no record', [], { ...seen, records: [] }, ['stop averages with a savepoint, and submit it no more']],
    [
      'a stop that was cut off',
      [job],
      { ...seen, records: [{ ...record, stopping: true }] },
      ['go on with averages, whose stop was cut off'],
    ],
    [
      'nothing of an edit that was refused, while the version before runs',
      [jobOf('averages', 'y')],
      { ...seen, wanted: [jobOf('averages', 'y')], records: [{ ...record, refused: { [jobOf('averages', 'y').hash]: 'why' } }] },
      [],
    ],
  ] as const)('%s', ([, of, by, does]) => expect(said(of, by as JobsSeen)).toEqual(does))

  test('names tell our jobs from others', () => {
    expect(readName(`averages ${job.hash}`)).toEqual({ name: 'averages', hash: job.hash })
    for (const other of ['averages', 'insert-into_x', `Averages ${job.hash}`, `averages ${job.hash}0`])
      expect(readName(other)).toBeUndefined()
  })
})
