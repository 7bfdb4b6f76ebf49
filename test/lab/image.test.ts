import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, labPaths, up } from '../../lab/index.ts'
import { able, expectPlain, inside, minutes, told, Workplace } from './engine-support.ts'

const where = { address: '10.78.34.11', model: 'rpi4-1g', os: 'trixie', roles: ['base'] }

// A virtual Pi has no boot partition: the same files reach the real cloud-init as its seed.
describe.runIf(able)('a card that is told who it is', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  const lab = workplace.write('lab', 'testimage', { hosts: { blank: { ...where, user: 'pi', lab: { cpu: 1 } } } })
  // The card's own fleet: another user, and a file of known hosts that knows nobody yet.
  const knownHosts = path.join(workplace.folder, 'known_hosts')
  const identity = labPaths('testimage').identity
  const own = workplace.write('own', 'testimage-own', {
    ssh: { identity, knownHosts },
    firstBoot: { timezone: 'Europe/Berlin' },
    hosts: { warm1: { ...where, user: 'warm' } },
  })
  let fleet: Fleet

  beforeAll(async () => {
    fleet = await workplace.boot(lab)
    await inside(fleet, 'blank', 'apt-get -q update >/dev/null; apt-get -q -y install --no-install-recommends cloud-init >/dev/null 2>&1')
  }, 6 * minutes)
  afterAll(() => workplace.end(fleet), minutes)

  it('is provisioned at once: its user, its key, its name, and a host key that nobody had to trust', async () => {
    const folder = path.join(workplace.folder, 'seed')
    mkdirSync(folder)
    expect(told(await workplace.command('image', ['seed', 'warm1', '--inventory', own, '--out', folder])).code).toBe(0)
    const pinned = readFileSync(knownHosts, 'utf8')
    expect(pinned).toMatch(/^10\.78\.34\.11 ssh-ed25519 /)

    const seed = ['user-data', 'meta-data', 'network-config']
    const put = seed.map(
      name => `base64 -d >/var/lib/cloud/seed/nocloud/${name} <<'.'\n${readFileSync(path.join(folder, name)).toString('base64')}\n.`,
    )
    await inside(
      fleet,
      'blank',
      `set -e\nmkdir -p /var/lib/cloud/seed/nocloud /boot/firmware\n${put.join('\n')}\ncp /var/lib/cloud/seed/nocloud/user-data /boot/firmware`,
    )
    await inside(fleet, 'blank', `printf 'datasource_list: [ NoCloud ]\\n' >/etc/cloud/cloud.cfg.d/90-seed.cfg`)
    const judged = await inside(fleet, 'blank', 'cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data; echo code $?')
    expect(judged).toMatch(/Valid (cloud-config|schema)/)
    expect(judged).toContain('code 0')

    // Its first start: cloud-init's own units do the work.
    await fault.kill(fleet, 'blank')
    await up(fleet)
    const started = await inside(
      fleet,
      'blank',
      'cloud-init status --wait --long; systemctl is-active cloud-final cloud-init-main; hostname',
    )
    expect(started).toContain('status: done')
    expect(started).toMatch(/warm1$/)
    const run = await workplace.provision(own, ['warm1'])
    expectPlain(run)
    expect(run.text).toContain('no host failed')
    expect(run.code).toBe(0)
    expect(readFileSync(knownHosts, 'utf8')).toBe(pinned)
    expect(await inside(fleet, 'blank', 'hostname; id -un 1001 2>/dev/null || id -un warm; readlink /etc/localtime')).toMatch(
      /warm1\nwarm\n.*Europe\/Berlin/,
    )
    expect((await workplace.provision(own, ['warm1', '--check'])).text).toContain('Nothing to change')
  })

  it('forgets what it was told once: every user of a Pi can read the boot partition', async () => {
    expect(await inside(fleet, 'blank', 'cat /boot/firmware/user-data')).toBe('#cloud-config\n{}')
  })

  it('is not taken for another one: a Pi that shows another key is refused', async () => {
    writeFileSync(knownHosts, readFileSync(knownHosts, 'utf8').replace(/ssh-ed25519 \S+/, `ssh-ed25519 ${other}`))
    const run = await workplace.provision(own, ['warm1'])
    expectPlain(run)
    expect(run.code).toBe(1)
    expect(run.text).toContain('the host key of 10.78.34.11 has changed')
  })
})

/** A key of Ed25519 that no machine has: its point is 32 zeros. */
const other = Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32),
]).toString('base64')
