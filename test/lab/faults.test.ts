import { execa } from 'execa'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down, exec, type Fault, heal, inject, type LabEvent, leftovers, prove, readOwed, status, up } from '../../lab/index.ts'
import { able, Workplace } from './engine-support.ts'
import { labFleet, labHost } from './labtest.ts'
import { proving } from './proof.ts'

const name = 'labfaults'
const at = (octet: number): string => `10.78.40.${octet}`
const fleet = labFleet(
  [
    labHost('one', 11, { address: at(11), model: 'rpi3b+' }),
    labHost('two', 12, { address: at(12), model: 'rpi3b+', lab: { delay: 3 } }),
    labHost('three', 13, { address: at(13), model: 'rpi2b' }),
  ],
  name,
)
const minutes = 60_000

/** What is done at the same moment, each to a host of its own where they would be in each other's way. */
const rounds: readonly (readonly Fault[])[] = [
  [
    { kind: 'loss', hosts: ['one', 'two'], percent: 20 },
    { kind: 'slow-cpu', hosts: ['three'], share: 0.1 },
  ],
  [
    { kind: 'delay', hosts: ['one', 'two'], milliseconds: 60 },
    { kind: 'fill-disk', hosts: ['three'] },
  ],
  [
    { kind: 'jitter', hosts: ['one'], milliseconds: 60 },
    { kind: 'bandwidth', hosts: ['two'], kilobits: 800 },
    { kind: 'slow-disk', hosts: ['three'], kilobytes: 500 },
  ],
  [{ kind: 'partition', hosts: ['one'], from: ['three'] }],
  [
    { kind: 'cut', hosts: ['one'] },
    { kind: 'kill', hosts: ['two'], unit: 'probe' },
    { kind: 'pause', hosts: ['three'] },
  ],
  [
    { kind: 'pause', hosts: ['one'], unit: 'probe' },
    { kind: 'change-host-key', hosts: ['two'] },
    { kind: 'kill', hosts: ['three'] },
  ],
  [
    { kind: 'read-only', hosts: ['one'] },
    { kind: 'dead-disk', hosts: ['two'] },
    { kind: 'power', hosts: ['three'] },
  ],
]

/** Which hosts measured it, by fault. */
async function seen(faults: readonly Fault[]): Promise<Record<string, readonly string[]>> {
  const all = await Promise.all(
    faults.map(async fault => [fault.kind, (await prove(fleet, fault)).map(({ host, took, measured }) => `${host} ${took} (${measured})`)]),
  )
  return Object.fromEntries(all) as Record<string, readonly string[]>
}

const expected = (faults: readonly Fault[], took: boolean) =>
  Object.fromEntries(faults.map(({ kind, hosts }) => [kind, hosts.map(host => expect.stringContaining(`${host} ${took} `) as string)]))

describe.runIf(able)('faults', { timeout: 3 * minutes }, () => {
  const place = new Workplace()
  const said: LabEvent[] = []
  beforeAll(async () => {
    await down(fleet)
    await up(fleet, { on: event => said.push(event) })
    // In /etc, as the units of roles are, and started again whenever it ends.
    const unit = '[Service]\\nExecStart=/bin/sleep 100000\\nRestart=always\\nRestartSec=0.2\\n'
    const install = `printf '${unit}' >/etc/systemd/system/probe.service; systemctl daemon-reload; systemctl start probe`
    for (const { name: host } of fleet.hosts) expect(await exec(fleet, host, ['sh', '-c', install])).toMatchObject({ code: 0 })
  }, 5 * minutes)
  afterAll(() => place.end(fleet), minutes)

  for (const faults of rounds) {
    const names = faults.map(({ kind, hosts }) => `${kind} of ${hosts.join(' ')}`).join(', ')
    it(`${names}: seen while in force, and not before and after`, async () => {
      for (const fault of faults) await inject(fleet, fault, { armed: false })
      expect(await seen(faults), 'disarmed').toEqual(expected(faults, false))
      await heal(fleet)
      for (const fault of faults) await inject(fleet, fault)
      const found = await seen(faults)
      console.info(JSON.stringify(found))
      expect(found).toEqual(expected(faults, true))
      await heal(fleet)
      expect(await readOwed(name)).toEqual([])
      expect(await seen(faults), 'healed').toEqual(expected(faults, false))
      expect((await status(fleet, 0.01)).map(({ state }) => state)).toEqual(['up', 'up', 'up'])
    })
  }

  it('what was on the card when the power went is there, what was not is gone', async () => {
    // The unit first: a card that lost its power has what was brought to it.
    const script = 'sync; echo kept >/root/kept; sync /root/kept; echo not >/root/not-kept; head -c 3000000 /dev/urandom >/root/much'
    await exec(fleet, 'three', ['sh', '-c', script])
    await inject(fleet, { kind: 'power', hosts: ['three'] })
    await heal(fleet)
    const { stdout } = await exec(fleet, 'three', ['sh', '-c', 'cat /root/kept /root/not-kept; stat -c %s /root/much'])
    expect(stdout).toMatch(/^kept$/m)
    expect(stdout).not.toMatch(/^not$/m)
    expect(stdout).not.toContain('3000000')
  })

  it('ends with its time, with its command, and with its process, however that goes', async () => {
    const file = place.write('fleet', name, {
      hosts: Object.fromEntries(
        fleet.hosts.map(host => [host.name, { address: host.address, user: 'pi', model: host.model, lab: host.lab }]),
      ),
    })
    const run = await place.command('lab', ['fault', 'cut', 'one', '--for', '1', '--inventory', file])
    expect(run.all).toMatch(/seen one: 0 of 3/)
    expect(run.exitCode).toBe(0)
    expect(await readOwed(name)).toEqual([])

    const child = spawn(process.execPath, [
      join(import.meta.dirname, '../../scripts/bin/lab.mjs'),
      'fault',
      'pause',
      'one',
      '--for',
      '600',
      '--inventory',
      file,
    ])
    while ((await status(fleet, 0.01))[0]?.state !== 'frozen') await sleep(100)
    child.kill('SIGKILL')
    for (let tries = 0; (await readOwed(name)).length > 0 && tries < 200; tries++) await sleep(100)
    expect((await status(fleet, 0.01))[0]?.state).toBe('up')

    await inject(fleet, { kind: 'cut', hosts: ['two'] }, { seconds: 1 })
    for (let tries = 0; (await readOwed(name)).length > 0 && tries < 200; tries++) await sleep(100)
    expect((await status(fleet, 0.01))[1]?.state).toBe('up')
  })

  if (proving)
    it('a clock that is wrong', async () => {
      const fault: Fault = { kind: 'clock', hosts: ['one'], seconds: -3600, unit: 'probe' }
      await inject(fleet, fault)
      expect(await seen([fault])).toEqual(expected([fault], true))
      await heal(fleet)
      expect(await seen([fault])).toEqual(expected([fault], false))
    })

  it('leaves nothing of a lab that is taken down with faults in force', async () => {
    await inject(fleet, { kind: 'slow-disk', hosts: ['three'], kilobytes: 500 })
    await inject(fleet, { kind: 'loss', hosts: ['one'], percent: 50 }, { seconds: 600 })
    await down(fleet)
    expect(await leftovers(fleet)).toEqual([])
    const { stdout } = await execa('sh', ['-c', 'cat /sys/fs/cgroup/blkio/blkio.throttle.*_bps_device 2>/dev/null || :'])
    expect(stdout).toBe('')
  })
})
