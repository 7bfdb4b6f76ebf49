import { describe, expect, test } from 'vitest'
import { fleetJob } from '../../../../../roles/flink/jobs/fleet-jobs.ts'
import { jobNames } from '../../../../../roles/flink/jobs/names.ts'
import { silenceOf } from '../../../../../roles/flink/jobs/task.ts'
import { pieces } from '../../../../../roles/flink/jobs/sql/pieces.ts'
import { render } from '../../../../../roles/flink/jobs/sql/render.ts'
import { jaas } from '../../../../../roles/flink/jobs/sql/source.ts'
import { scriptOf } from '../../../../../roles/flink/jobs/sql/statements.ts'
import { jdbcUrl } from '../../../../../roles/flink/jobs/sql/target.ts'

describe('statements of a file', () => {
  test('end with a semicolon that is code', () => {
    const sql =
      "-- a; comment\nSET 'a' = 'x;''y';\nCREATE TABLE t (`a;b` INT) WITH ('k' = 'login;');\n/* ; */ INSERT INTO t SELECT /*+ HINT */ 1 - 2 / 3;\n"
    expect(
      pieces(sql)
        .map(({ text }) => text)
        .join(''),
    ).toBe(sql)
    expect(scriptOf('j', sql)).toEqual({
      settings: { a: "x;'y" },
      statements: ["CREATE TABLE t (`a;b` INT) WITH ('k' = 'login;')", 'INSERT INTO t SELECT /*+ HINT */ 1 - 2 / 3'],
    })
  })

  test('of a set are one', () => {
    const { statements } = scriptOf('j', 'EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND;')
    expect(statements).toEqual(['EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND'])
  })

  test.for([
    ['SELECT 1;', /starts nothing/],
    ['INSERT INTO a SELECT 1; INSERT INTO a SELECT 2;', /is 2 jobs/],
    ['INSERT INTO a SELECT 1; DROP TABLE a;', /after the one that starts it/],
    ["SET 'pipeline.name' = 'x'; INSERT INTO a SELECT 1;", /option of its own/],
    ["SET 'execution.state-recovery.path' = 'x'; INSERT INTO a SELECT 1;", /option of its own/],
  ] as const)('%s is no job', ([sql, why]) => expect(() => scriptOf('j', sql)).toThrow(why))
})

describe('what the fleet puts in', () => {
  const parameters = { options: { t: { password: "a'b", url: 'x' } }, texts: { n: "1' OR '1" } }

  test('ends no quotes', () => {
    expect(render('j', "WITH (${t}) X '${n}' -- ${other}", parameters)).toBe(
      "WITH ('password' = 'a''b', 'url' = 'x') X '1'' OR ''1' -- ${other}",
    )
  })

  test.for(['${n}', "'${t}'", '${other}', '`${n}`'])('%s means nothing', sql =>
    expect(() => render('j', sql, parameters)).toThrow(/means nothing/),
  )

  test('is a login that JAAS reads as it is meant', () => {
    expect(jaas('a', 'p"\\;')).toBe('org.apache.kafka.common.security.scram.ScramLoginModule required username="a" password="p\\"\\\\;";')
  })

  test('is an address with the CA that must have signed', () => {
    const at = { host: 'fd00::1', port: 3306, database: 't', user: 'u', password: 'p' }
    expect(jdbcUrl({ ...at, ca: '/ca.pem' })).toMatch(
      /^jdbc:mysql:\/\/\[fd00::1\]:3306\/t\?permitMysqlScheme&rewriteBatchedStatements=false&sslMode=verify-full&serverSslCert=\/ca\.pem&/,
    )
    expect(jdbcUrl(at)).toContain('sslMode=disable')
  })
})

describe('the jobs of the repository', () => {
  const place = {
    topic: { brokers: ['a:1', 'b:1'], topic: 'temperature', group: 'flink', user: 'u', password: "k'", ca: '/ca.pem', idle: 60 },
    database: { host: 'h', port: 1, database: 'temperature', user: 'u', password: 'm' },
    table: 'reading',
    silence: 90,
  }
  test.for(jobNames)('%s is a job with everything put in, and another one when what is put in changes', name => {
    const job = fleetJob(name, place)
    expect(job.sql).not.toMatch(/\$\{/)
    expect(scriptOf(name, job.sql).statements.at(-1)).toMatch(/^EXECUTE STATEMENT SET/)
    expect(fleetJob(name, place)).toEqual(job)
    expect(fleetJob(name, { ...place, table: 'other' }).hash).not.toBe(job.hash)
  })

  test('say that a producer is silent after some of its intervals, and not before a minute', () => {
    expect([silenceOf([1000, 30_000], 5), silenceOf([1000], 5), silenceOf([], 5)]).toEqual([150, 60, 60])
  })
})
