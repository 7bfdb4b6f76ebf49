import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cqlName, cqlText } from '../../../../../roles/cassandra/cql/literals.mjs'
import { claimWord, loginWord, runCql } from '../../../../../roles/cassandra/cql/run.ts'
import { statements } from '../../../../../roles/cassandra/cql/statements.mjs'
import { bash } from '../../../engine/bash.ts'

// Of what CQL, JSON and shells make something of, and of anything else.
const nasty = fc
  .string({
    minLength: 1,
    unit: fc.oneof(
      fc.constantFrom("'", '"', ';', ' ', '\n', '.', '\\', '$', '`', '-', '/', '*', '[', ']', '\r', '\u2028'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter(text => !text.includes('\0'))

describe('what cql is asked for', () => {
  it('keeps any password in one statement, whole', () =>
    fc.assert(
      fc.property(nasty, nasty, (name, password) => {
        const one = `CREATE ROLE ${cqlName(name)} WITH PASSWORD = ${cqlText(password)}`
        expect(statements(`${one};\nSELECT now() FROM system.local;`)).toEqual([{ cql: one }, { cql: 'SELECT now() FROM system.local' }])
      }),
    ))

  it('reads users and passwords of its own words as they are', () =>
    fc.assert(
      fc.property(nasty, nasty, (user, password) => {
        expect(statements(`${loginWord(user, password)}\n${claimWord(user, password)}\nSELECT 1;`)).toEqual([
          { word: 'login', user, password },
          { word: 'claim', user, password },
          { cql: 'SELECT 1' },
        ])
      }),
    ))

  it('reaches the Pi as it is, whatever lines it has', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          nasty,
          fc.array(fc.constantFrom('.', '..', '', "'")).map(lines => lines.join('\n')),
        ),
        text => {
          const { stdout } = bash(runCql(text).replace('/usr/local/bin/cql', 'cat'))
          expect(stdout).toBe(`${text}\n`)
        },
      ),
      { numRuns: 60 },
    ))

  it('leaves comments out, and what looks like one in a string in', () => {
    expect(statements("-- a; b\nSELECT '--;' /* ; */ FROM t; // c;\n\nDROP TABLE t")).toEqual([
      { cql: "SELECT '--;'   FROM t" },
      { cql: 'DROP TABLE t' },
    ])
  })

  it('runs nothing of a text with a quote that does not end', () => {
    expect(() => statements("INSERT INTO t (a) VALUES ('x); DROP TABLE t;")).toThrow('does not end')
  })
})
