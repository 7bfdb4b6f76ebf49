import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { able, inside, minutes, told, Workplace } from './engine-support.ts'

const name = 'testawsiot'

describe.runIf(able)('a producer of AWS IoT', { timeout: 3 * minutes }, () => {
  const workplace = new Workplace()
  let fleet: Fleet
  let file: string
  const on = (script: string) => inside(fleet, 'producer1', script)
  const kept = (file: string) => join(workplace.folder, 'fleet.kept', 'awsiot', file)

  beforeAll(async () => {
    file = workplace.write('fleet', name, {
      hosts: { producer1: { address: '10.78.45.20', user: 'pi', model: 'rpi3b+', os: 'trixie', roles: ['base', 'awsiot', 'collector'] } },
    })
    fleet = await workplace.boot(file)
  }, 3 * minutes)
  afterAll(() => workplace.end(fleet), minutes)

  it('gets a key that stays there, and a request that comes to the controller', async () => {
    const { text, code } = await workplace.provision(file)
    expect([code, text]).toEqual([0, expect.not.stringContaining('FAILED')])
    const [request] = (await on('cd /etc/awsiot && ls *.csr')).split('\n')
    const here = kept('producer1.csr')
    expect(existsSync(here)).toBe(true)
    expect(readFileSync(here, 'utf8').trim()).toBe((await on(`cat /etc/awsiot/${request}`)).trim())
    expect(await on('grep -l "PRIVATE KEY" /etc/awsiot/*')).toBe('/etc/awsiot/private.pem.key')
    expect(await on('stat -c "%a %U" /etc/awsiot/private.pem.key')).toBe('600 collector')
  })

  it('says what is missing, and takes readings meanwhile', async () => {
    const { text, code } = told(await workplace.command('status', ['--inventory', file]))
    expect(code).toBe(0)
    expect(text).toMatch(/stacks:deploy|cdktf deploy/)
    expect(Number(await on('ls -l /var/lib/private/collector | wc -l'))).toBeGreaterThan(1)
  })

  it('is left alone the second time, with the same key', async () => {
    const before = await on('sha256sum /etc/awsiot/private.pem.key')
    expect((await workplace.provision(file)).text).toContain('Nothing to change')
    expect(await on('sha256sum /etc/awsiot/private.pem.key')).toBe(before)
  })
})
