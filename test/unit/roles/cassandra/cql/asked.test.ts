import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedText, claim, login, readAsked, statement, type Asked } from '../../../../../roles/cassandra/cql/asked.ts'
import { cqlName, cqlText } from '../../../../../roles/cassandra/cql/literals.ts'
import { runCql } from '../../../../../roles/cassandra/cql/run.ts'
import { bash } from '../../../engine/bash.ts'

// Of what CQL, JSON and shells make something of, and of anything else.
const nasty = fc
  .string({
    minLength: 1,
    unit: fc.oneof(
      fc.constantFrom("'", '"', ';', ' ', '\n', '.', '\\', '$', '`', '-', '/', '*', '[', ']', '?', '\r', '\u2028'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter(text => !text.includes('\0'))
const anything: fc.Arbitrary<Asked> = fc.oneof(
  fc.tuple(nasty, nasty).map(([user, password]) => login(user, password)),
  fc.tuple(nasty, nasty).map(([user, password]) => claim(user, password)),
  fc
    .tuple(nasty, fc.array(fc.oneof(nasty, fc.array(nasty, { minLength: 1, maxLength: 3 })), { maxLength: 3 }))
    .map(([cql, values]) => statement(cql, ...values)),
)

describe('what cql is asked for', () => {
  it('is read as it was asked, whatever it holds', () =>
    fc.assert(
      fc.property(fc.array(anything), asked => {
        expect(readAsked(askedText(asked))).toEqual(asked)
      }),
    ))

  it('reaches the Pi as it is, whatever lines it has', () =>
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1 }), asked => {
        const { stdout } = bash(runCql(asked).replace('/usr/local/bin/cql', 'cat'))
        expect(stdout).toBe(`${askedText(asked)}\n`)
      }),
      { numRuns: 60 },
    ))

  it('may also be CQL as a person writes it: any password is one literal of one statement', () =>
    fc.assert(
      fc.property(nasty, nasty, (name, password) => {
        const one = `CREATE ROLE ${cqlName(name)} WITH PASSWORD = ${cqlText(password)}`
        expect(readAsked(`${one};\nSELECT now() FROM system.local;`)).toEqual([{ cql: one }, { cql: 'SELECT now() FROM system.local' }])
      }),
    ))

  it('may be lines of ours, and then CQL', () =>
    expect(readAsked(`\n${askedText([login('a', 'b')])}\n\nSELECT 1;\nlogin ["c","d"]`)).toEqual([
      login('a', 'b'),
      { cql: 'SELECT 1' },
      { cql: 'login ["c","d"]' },
    ]))

  it.each(['login ["a"]', 'claim ["a",1]', 'run [1]', 'run ["SELECT ?",1]', 'run ["SELECT ?",[]]'])('%s is wrong', line => {
    expect(() => readAsked(line)).toThrow(/ wants \[/)
  })

  it('leaves comments out, and what looks like one in a string in', () => {
    expect(readAsked("-- a; b\nSELECT '--;' /* ; */ FROM t; // c;\n\nDROP TABLE t")).toEqual([
      { cql: "SELECT '--;'   FROM t" },
      { cql: 'DROP TABLE t' },
    ])
  })

  it('is nothing where a quote does not end', () => {
    expect(() => readAsked("INSERT INTO t (a) VALUES ('x); DROP TABLE t;")).toThrow('does not end')
  })
})
