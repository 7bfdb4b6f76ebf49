import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { able, eventually, expectPlain, inside, minutes, told, Workplace, type Told } from './engine-support.ts'

const workplace = new Workplace()
const password = 'raspberry-7'
const host = (last: number, extra: object = {}) => ({
  address: `10.78.48.${last}`,
  user: 'pi',
  model: 'rpi4-1g',
  os: 'bookworm',
  roles: ['base'],
  ...extra,
})
const hosts = { asks: host(11, { lab: { cpu: 0.6, sudoPassword: password } }), free: host(12, { lab: { cpu: 0.6 } }) }
const inventory = (name: string, changed: object = {}) =>
  workplace.write(name, 'testdead', { ssh: { connectTimeout: 3 }, hosts: { ...hosts, ...changed } })

describe.skipIf(!able)(
  'what keeps a run from starting ends, with the right advice',
  () => {
    let fleet: Fleet
    let file: string
    const wrong = () => inventory('wrong', { asks: { ...hosts.asks, sudoPassword: { env: 'PI_PASSWORD' } } })
    const right = wrong
    beforeAll(async () => {
      file = inventory('plain')
      fleet = await workplace.boot(file)
    }, 4 * minutes)
    afterAll(() => workplace.end(fleet))

    /** Provisions one host, within a time in which nothing hangs. */
    const quickly = async (inventoryFile: string, name: string, env: Readonly<Record<string, string>> = {}): Promise<Told> => {
      const began = Date.now()
      const run = told(await workplace.start(inventoryFile, ['--check', name], env))
      expect(Date.now() - began).toBeLessThan(40_000)
      expect(run.code).toBe(1)
      expectPlain(run)
      return run
    }

    it('a wrong password, whatever sudo says of it', async () => {
      for (const setting of ['insults', 'badpass_message="Falsch"', 'passwd_tries=1']) {
        await inside(fleet, 'asks', `echo 'Defaults ${setting}' >/etc/sudoers.d/words`)
        expect((await quickly(wrong(), 'asks', { PI_PASSWORD: 'wrong-one' })).text).toContain('sudo refused the password of user pi')
      }
      await inside(fleet, 'asks', 'rm /etc/sudoers.d/words; echo LANG=pl_PL.UTF-8 >/etc/default/locale')
      expect((await quickly(file, 'asks')).text).toContain('sudo wants the password of user pi')
      expect(told(await workplace.start(right(), ['asks'], { PI_PASSWORD: password })).code).toBe(0)
    })

    it('a login shell that does something else, within its time', async () => {
      // Whoever comes first gets the first, so that all three are waited for at once.
      const shells = `if mkdir /tmp/first 2>/dev/null; then exec cat
elif mkdir /tmp/second 2>/dev/null; then read -r answer
else echo Press a key; sleep 1000; fi`
      await inside(fleet, 'free', `cp ~pi/.bashrc /root/bashrc; { echo '${shells}'; cat /root/bashrc; } >~pi/.bashrc`)
      for (const { text } of await Promise.all([1, 2, 3].map(() => quickly(file, 'free')))) {
        expect(text).toContain('the login shell of pi did not start our program within 15 s')
        expect(text).toContain('.bashrc')
      }
      expect(await inside(fleet, 'free', 'cp /root/bashrc ~pi/.bashrc; rmdir /tmp/first /tmp/second')).toBe('')
    })

    it('an expired password', async () => {
      await inside(fleet, 'free', 'chage -d 0 pi')
      expect((await quickly(file, 'free')).text).toContain('the password of pi has expired')
      await inside(fleet, 'free', 'chage -d "$(date +%F)" pi')
    })

    it('any user holds the lock of old: nobody waits for it', async () => {
      const holder = inside(
        fleet,
        'free',
        `touch /run/hold; setpriv --reuid pi --clear-groups -- sh -c 'touch /run/lock/provision
flock /run/lock/provision sh -c "while [ -e /run/hold ]; do sleep 0.1; done"'`,
      )
      const isHeld = async () => (await inside(fleet, 'free', 'flock -n /run/lock/provision true || echo held')) === 'held'
      try {
        await eventually(isHeld)
        const run = await workplace.provision(file, ['free'])
        expect(run.code).toBe(0)
        expect(await isHeld()).toBe(true)
        expect(await inside(fleet, 'free', 'stat -c "%a %U" /run/provision')).toBe('700 root')
      } finally {
        await inside(fleet, 'free', 'rm /run/hold')
        await holder
      }
    })

    it("apt's lists lock is waited for, and for whom is told; a broken source stops nothing, and is told", async () => {
      await inside(
        fleet,
        'free',
        `apt-get purge -y systemd-timesyncd >/dev/null 2>&1
echo "deb $(apt-get indextargets --format '$(SITE)' | head -n 1) nosuchsuite main" >/etc/apt/sources.list.d/third.list
mkdir -p /var/lib/apt/lists/partial; touch -d '2 days ago' /var/lib/apt/lists/partial`,
      )
      const holder = inside(
        fleet,
        'free',
        `touch /run/hold; perl -MFcntl -e 'open F, "+>>", "/var/lib/apt/lists/lock";
my $l = pack "s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0; fcntl F, F_SETLK, $l or die;
for (1..600) { last unless -e "/run/hold"; select undef, undef, undef, 0.1 }'`,
      )
      await new Promise(done => setTimeout(done, 1000))
      const running = workplace.start(file, ['free'])
      let said = ''
      let released: Promise<string> | undefined
      running.all.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('waiting for perl')) released ??= inside(fleet, 'free', 'rm /run/hold')
      })
      const run = told(await running)
      await Promise.all([released, holder])
      expect(run.text).toMatch(/free: waiting for perl \(process \d+\), which holds \/var\/lib\/apt\/lists\/lock/)
      expect(run.text).toMatch(/free: a package source fails \(\/etc\/apt\/sources\.list\.d\/third\.list\): /)
      expect(run.code).toBe(0)
    })

    it('a host asks for the password by `fleet facts`, too', async () => {
      const command = path.join(import.meta.dirname, '../../scripts/bin/fleet.mjs')
      const child = spawn('script', ['-qec', `${process.execPath} ${command} --inventory ${file} facts asks`, '/dev/null'], {
        env: { ...process.env, ...workplace.env },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('sudo password of pi on asks: ')) child.stdin.write(`${password}\n`)
      })
      expect(await new Promise(done => child.on('close', done))).toBe(0)
      expect(said).toContain('bookworm')
    })
  },
  4 * minutes,
)
