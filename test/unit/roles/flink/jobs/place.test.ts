import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { sandbox } from '../../../../../engine/sandbox.ts'
import { jobOf } from '../../../../../roles/flink/jobs/job.ts'
import { flinkJobs, jobsKind } from '../../../../../roles/flink/jobs/kind.ts'
import { jobsCommand, keeperConfig, keeperTimer, keeperUnit, wantsJobs } from '../../../../../roles/flink/jobs/place.ts'
import { jobTask, offersJobs } from '../../../../../roles/flink/jobs/task.ts'
import { brokers, producers, readings } from '../../../../../roles/offers.ts'

const job = jobOf('averages', "SET 'a' = 'b'; INSERT INTO t SELECT 'hush'")

test('passwords travel on standard input, in no word of a command', () => {
  const text = wantsJobs([job], 60)
  expect(text).toMatch(/\| setpriv --reuid=flink .* flock -w 300 \/var\/lib\/flink\/jobs\/lock \/usr\/bin\/node \S+ \S+ want 60$/)
  expect(text).not.toContain('hush')
  const printed = spawnSync('bash', ['-c', text.replace(/\| setpriv[^]*$/, '')], { encoding: 'utf8' }).stdout
  expect(JSON.parse(printed)).toEqual([job])
})

test('a Pi without a keeper has no jobs, and gets all of them', () => {
  const { spec } = flinkJobs([job])
  const [seen] = jobsKind.read('', [spec])
  expect(seen).toBeUndefined()
  expect(jobsKind.compare(spec, seen, []).map(({ does }) => does)).toEqual(['submit averages'])
})

test('a person is told of an edit that does not fit, and of jobs that are nobody of ours', () => {
  const { spec } = flinkJobs([job])
  const record = { name: 'averages', hash: 'x', id: '1', settled: true, stopping: false, refused: { [job.hash]: 'cannot map' } }
  const seen = { wanted: [job], records: [record], jobs: [{ id: '2', name: 'by hand', state: 'RUNNING' }] }
  expect(jobsKind.notes?.(spec, seen)).toEqual([
    expect.stringMatching(/edit of averages does not fit its state \(cannot map\).*flink-jobs drop averages/),
    expect.stringMatching(/“by hand” is none of the fleet's/),
  ])
})

test('the keeper has its own folders only, a bound of memory, and is started again and again', () => {
  expect(keeperUnit(sandbox)).toMatch(
    /User=flink[^]*ExecStart=\/usr\/bin\/flock [^\n]*keep 60[^]*MemoryMax=272M[^]*ProtectSystem=strict[^]*ReadWritePaths=\/var\/lib\/flink/,
  )
  expect(keeperTimer).toMatch(/OnUnitInactiveSec=30/)
  expect(spawnSync('sh', ['-n', '-c', jobsCommand]).status).toBe(0)
  const config = keeperConfig(
    { url: 'http://127.0.0.1:8081' },
    { checkpoints: '/c', savepoints: '/s' },
    { jars: '/opt/flink/lib', settings: '/etc/flink/jobmanager', opens: ['--add-opens=a'], log4j: '/l' },
  )
  expect(config.submitter).toMatchObject({
    classPath: '/opt/flink-submitter:/opt/flink/lib/*',
    flags: expect.arrayContaining(['-Xmx96m', '--add-opens=a']),
  })
})

test('where jobs read and write is what the fleet offers, with the account of their host', () => {
  const host = { name: 'pi1' } as never
  const offers = new Map<unknown, unknown>([
    [
      brokers,
      [
        {
          host: { name: 'k' },
          role: 'kafka',
          value: { address: 'k:9092', topic: 'temperature', job: () => ({ user: 'job.pi1', secret: 'kafka/job.pi1' }) },
        },
      ],
    ],
    [
      readings,
      [
        {
          host: { name: 'm' },
          role: 'mariadb',
          value: {
            jobs: {
              secret: () => 'mariadb/job/pi1',
              store: () => ({ host: 'm', port: 3306, database: 'temperature', user: 'job-pi1', tls: true, table: 'reading' }),
            },
          },
        },
      ],
    ],
    [producers, [{ host: { name: 'p' }, role: 'collector', value: { interval: 30_000 } }]],
  ])
  const vars = { group: 'flink', silentAfter: 5 }
  const work = { host, from: [host], vars, ca: '/ca.pem' }
  const offered = ((key: unknown) => offers.get(key) ?? []) as never
  const { needs, place } = jobTask(work, offered, secret => `of ${secret}`)
  expect(needs.map(({ role }) => role)).toEqual(['kafka', 'mariadb'])
  expect(place).toMatchObject({
    topic: { brokers: ['k:9092'], user: 'job.pi1', password: 'of kafka/job.pi1', ca: '/ca.pem', group: 'flink' },
    database: { host: 'm', user: 'job-pi1', password: 'of mariadb/job/pi1', ca: '/ca.pem' },
    table: 'reading',
    silence: 150,
  })
  expect(() => jobTask(work, () => [], String)).toThrow(/no host of the fleet is a broker/)
  expect(() => jobTask({ ...work, vars: { ...vars, store: 'other' } }, offered, String)).toThrow(/host other has no store/)
  expect(Object.keys(offersJobs(vars, [host]).tables)).toEqual(['minute', 'hour', 'anomaly'])
})
