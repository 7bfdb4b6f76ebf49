import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start, temporary } from './project.ts'

function replace(...args: string[]) {
  const folder = temporary()
  const file = join(folder, 'pi.yaml')
  writeFileSync(file, JSON.stringify({ fleet: 'pi', hosts: { mysql: { address: '127.0.0.1', port: 1, roles: ['mariadb'] } } }))
  return {
    ...start('fleet', ['replace', '--inventory', file, ...args], { env: { FLEET_IDENTITY: join(folder, 'identity') } }),
    journal: existsSync(join(folder, 'pi.replace.json')),
  }
}

describe('the command line of fleet replace', () => {
  it.each([
    [['mysq'], 'there is no host mysq in this fleet', 'did you mean "mysql"'],
    [['mysql', '--base', 'x.img'], 'an image needs both: --base, what it is made of, and --out, the file to make', undefined],
    [['mysql', '--host-key', 'MD5:x'], '--host-key wants a fingerprint, SHA256:…, not "MD5:x"', 'ssh-keygen -lf'],
    [['mysql', '--wait', 'long'], '--wait wants minutes, not "long"', undefined],
  ])('refuses %j as wrong use', (args, message, hint) => {
    const { code, stdout, stderr, journal } = replace(...args)
    expect({ code, stdout, journal }).toEqual({ code: 64, stdout: '', journal: false })
    expect(stderr).toContain(`error: ${message}\n`)
    if (hint !== undefined) expect(stderr).toContain(`hint: ${hint}`)
  })

  it('says of a Pi that is silent what is lost, and does nothing where nobody can be asked', () => {
    const check = replace('mysql', '--check')
    expect(check).toMatchObject({ code: 2, journal: false })
    expect(check.stdout).toContain('mysql: nothing answers at 127.0.0.1.')
    expect(check.stdout).toContain('mariadb: NO BACKUP has anything of it: nothing comes back')
    expect(replace('mysql')).toMatchObject({ code: 64, journal: false })
  })
})
