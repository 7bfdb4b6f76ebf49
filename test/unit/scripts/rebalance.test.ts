import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start, temporary } from './project.ts'

const ring = JSON.stringify({
  fleet: 'ring',
  hosts: {
    mysql: { address: '192.0.2.1', roles: ['cassandra'] },
    cassandra2: { address: '192.0.2.2', roles: ['cassandra'] },
    other: { address: '192.0.2.3', roles: ['base'] },
  },
})

function inventory(): string {
  const file = join(temporary(), 'ring.yaml')
  writeFileSync(file, ring)
  return file
}

const rebalance = (...args: string[]) => start('rebalance', ['--inventory', inventory(), ...args])

describe('the command line of rebalance', () => {
  it('explains itself with examples', () => {
    const { code, stdout } = start('rebalance', ['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}rebalance --check /)
  })

  it.each([
    [['cassandra3'], 'there is no node "cassandra3" in this fleet', 'did you mean "cassandra2"?'],
    [['cassandra', 'cassandra3'], 'there is no node "cassandra3" in this fleet', 'did you mean "cassandra2"?'],
    [['cassandra', 'cassandra'], 'there is no node "cassandra" in this fleet', 'did you mean "cassandra2"?'],
    [['other'], 'there is no node "other" in this fleet', 'nodes: mysql, cassandra2'],
    [['--weights', 'mysql=0'], '--weights: mysql wants a number above 0, not "0"', undefined],
    [['--weights', 'mysq=1'], '--weights: there is no node "mysq"', 'did you mean "mysql"?'],
    [['--weights', 'mysql=1', '--measure'], 'weights are given or measured, not both', undefined],
    [['--resume', 'mysql'], '--resume and --abort take the run that was cut off as it was: no hosts, no weights', undefined],
  ])('refuses %j as wrong use', (args, message, hint) => {
    const { code, stdout, stderr } = rebalance(...args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain(`error: ${message}\n`)
    if (hint !== undefined) expect(stderr).toContain(`hint: ${hint}`)
  })

  it('says so where a fleet has no ring', () => {
    const file = join(temporary(), 'none.yaml')
    writeFileSync(file, 'fleet: none\nhosts:\n  a: { address: 192.0.2.1 }\n')
    expect(start('rebalance', ['--check', '--inventory', file])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/no host of the fleet none has the role cassandra or kafka\nhint: give two or more the role/) as string,
    })
  })

  it('completes a role that can be rebalanced, and the names of hosts; behind the role hosts only', () => {
    const complete = (...words: string[]) => start('rebalance', ['__complete', '--', '--inventory', inventory(), ...words]).stdout
    expect(complete('cass')).toBe('cassandra\trole\ncassandra2\thost\n')
    expect(complete('cassandra', 'cass')).toBe('cassandra2\thost\n')
    expect(complete('--remove', 'cass')).toBe('cassandra2\thost\n')
    expect(complete('')).not.toContain('base\t')
  })
})
