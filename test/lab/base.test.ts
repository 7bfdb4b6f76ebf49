import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, up } from '../../lab/index.ts'
import { able, expectPlain, inside, minutes, Workplace } from './engine-support.ts'

const host = { address: '10.78.15.11', user: 'pi', model: 'rpi4-1g', os: 'trixie', roles: ['base'], lab: { cpu: 1 } }

/** What a card from the Imager brings, as Pi OS trixie is set up at its first boot. */
const imager = `set -e
apt-get -q update >/dev/null; apt-get -q -y install --no-install-recommends cloud-init >/dev/null 2>&1
mkdir -p /var/lib/cloud/seed/nocloud
echo 'instance-id: rpi-1' >/var/lib/cloud/seed/nocloud/meta-data
printf '#cloud-config\\nhostname: raspberrypi\\nmanage_etc_hosts: true\\nssh_deletekeys: false\\n' >/var/lib/cloud/seed/nocloud/user-data
printf 'datasource_list: [ NoCloud ]\\n' >/etc/cloud/cloud.cfg.d/90-seed.cfg`

describe.runIf(able)('a card as the Imager makes it', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  const file = workplace.write('fleet', 'testbase', { hosts: { one: host } })
  let fleet: Fleet

  beforeAll(async () => {
    fleet = await workplace.boot(file)
  }, 6 * minutes)
  afterAll(() => workplace.end(fleet), minutes)

  it("keeps its name and the fleet's over a boot, although cloud-init wants its own", async () => {
    await inside(fleet, 'one', imager)
    expect((await workplace.provision(file)).text).toContain('no host failed')
    await fault.kill(fleet, 'one')
    await up(fleet)
    // What it does at each boot, whatever else keeps it from running in a container.
    await inside(
      fleet,
      'one',
      'cloud-init init; cloud-init single --name update_etc_hosts --frequency always; cloud-init single --name update_hostname --frequency always',
    )
    expect(await inside(fleet, 'one', 'cloud-init query userdata')).toContain('manage_etc_hosts: true')
    const again = await workplace.provision(file, ['--check'])
    expect(again.text).toContain('Nothing to change')
    expect(again.code).toBe(0)
  })

  it('is refused while its root is an overlay in memory, before anything changes', async () => {
    await inside(
      fleet,
      'one',
      'rm /etc/systemd/journald.conf.d/60-fleet.conf; echo overlayroot=tmpfs >/run/cmdline; mount --bind /run/cmdline /proc/cmdline',
    )
    const run = await workplace.provision(file)
    expectPlain(run)
    expect(run.code).toBe(1)
    expect(run.text).toContain('an overlay in memory: whatever is changed there is gone at its next boot')
    expect(run.text).toContain('raspi-config nonint disable_overlayfs')
    expect(await inside(fleet, 'one', 'ls /etc/systemd/journald.conf.d/')).toBe('')
    await inside(fleet, 'one', 'umount /proc/cmdline')
    expect((await workplace.provision(file)).code).toBe(0)
  })
})
