import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { labPaths } from '../../lab/index.ts'
import { able, eventually, expectPlain, inside, minutes, told, Workplace } from './engine-support.ts'

const name = 'testkeys'
const host = { address: '10.78.21.11', user: 'pi', model: 'rpi2b', os: 'trixie', roles: ['base', 'exporters'], lab: { cpu: 1 } }

describe.runIf(able)('for the person at the keyboard', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  const file = workplace.write('fleet', name, { hosts: { one: host } })
  let fleet: Fleet

  beforeAll(async () => {
    fleet = await workplace.boot(file)
    expect((await workplace.provision(file)).text).toContain('no host failed')
  }, 8 * minutes)
  afterAll(() => workplace.end(fleet), minutes)

  describe('fleet init', () => {
    const { identity, knownHosts } = labPaths(name)
    const written = join(workplace.folder, 'garden.yaml')
    const init = async (...args: string[]) =>
      told(await workplace.command('fleet', ['init', '--inventory', written, '--identity', identity, '--known-hosts', knownHosts, ...args]))

    it('asks a Pi what it is, and writes an inventory that works', async () => {
      const run = await init('--host', 'one=10.78.21.11')
      expectPlain(run)
      expect(run).toMatchObject({ code: 0, text: expect.stringContaining('next: provision --check --inventory') as string })
      expect(readFileSync(written, 'utf8')).toMatch(
        /# Raspberry Pi 2 Model B Rev 1\.1, \d+ MiB of memory, trixie \w+\n {2}one: \{ address: 10\.78\.21\.11, model: rpi2b, roles: \[ base \] \}/,
      )
      expect((await workplace.provision(written, ['--check'])).text).toContain('one: ')
    })

    it('never overwrites one', async () => {
      const before = readFileSync(written, 'utf8')
      expect(await init('--host', 'two=10.78.21.11')).toMatchObject({ code: 64 })
      expect(readFileSync(written, 'utf8')).toBe(before)
    })

    it('writes nothing where a Pi is not there', async () => {
      rmSync(written)
      const run = await init('--host', 'one=10.78.21.11', '--host', 'far=10.78.21.99')
      expectPlain(run)
      expect(run).toMatchObject({ code: 1, text: expect.stringMatching(/far: no answer[\s\S]*Nothing was written/) as string })
      expect(existsSync(written)).toBe(false)
    })
  })

  describe('fleet logs', () => {
    const logs = (...args: string[]) => workplace.command('fleet', ['logs', '--inventory', file, ...args])
    // Written by the unit itself.
    const say = (text: string) =>
      inside(
        fleet,
        'one',
        `d=/run/systemd/system/prometheus-node-exporter.service.d; mkdir -p $d; printf '[Service]\\nExecStartPre=/bin/echo ${text}\\n' >$d/say.conf
systemctl daemon-reload; systemctl restart prometheus-node-exporter`,
      )

    it('prints what the units of a role wrote', async () => {
      await say('said-once')
      const run = told(await logs('one', 'exporters', '--since', '-10min'))
      expectPlain(run)
      expect(run).toMatchObject({ code: 0, text: expect.stringContaining('said-once') as string })
    })

    it('follows until Ctrl-C, exits 130, and leaves nothing running on the Pi', async () => {
      const following = logs('one', 'exporters', '-f', '--lines', '0')
      let seen = ''
      following.stdout.on('data', (chunk: Buffer | string) => (seen += String(chunk)))
      const follows = async () => (await inside(fleet, 'one', 'pgrep -x journalctl')) !== ''
      await eventually(follows)
      await say('said-while-following')
      await eventually(() => seen.includes('said-while-following'))
      following.kill('SIGINT')
      expect((await following).exitCode).toBe(130)
      await eventually(async () => !(await follows()), 20)
    })

    it('says what journalctl does not understand', async () => {
      const run = told(await logs('one', 'exporters', '--since', 'the day before'))
      expectPlain(run)
      expect(run).toMatchObject({ code: 1, text: expect.stringMatching(/one: .*timestamp/i) as string })
    })
  })
})
