import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start, temporary } from './project.ts'

function rotate(...args: string[]) {
  const file = join(temporary(), 'pi.yaml')
  const hosts = {
    producer1: { address: '192.0.2.1', roles: ['awsiot', 'collector'] },
    producer2: { address: '192.0.2.2', roles: ['awsiot'] },
    other: { address: '192.0.2.3', roles: ['base'] },
  }
  writeFileSync(file, JSON.stringify({ fleet: 'pi', hosts }))
  return start('rotate', ['--inventory', file, ...args])
}

describe('the command line of rotate', () => {
  it('explains itself with examples', () => {
    const { code, stdout } = start('rotate', ['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}rotate producer1 --check /)
  })

  it.each([
    [[], 'say whose key is to be renewed', 'hosts with the role: producer1, producer2'],
    [['producer3'], 'producer3 has not the role awsiot', 'did you mean "producer'],
    [['other'], 'other has not the role awsiot', 'hosts with it: producer1, producer2'],
    [['--resume', 'producer1'], '--resume and --abort take the run that was cut off as it was: no hosts', undefined],
  ])('refuses %j as wrong use', (args, message, hint) => {
    const { code, stdout, stderr } = rotate(...args)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain(`error: ${message}\n`)
    if (hint !== undefined) expect(stderr).toContain(`hint: ${hint}`)
  })
})
