import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, labPaths } from '../../lab/index.ts'
import { able, eventually, expectPlain, inside, minutes, told, type Told, Workplace } from './engine-support.ts'

const name = 'faults'
const password = 'Blue-Pi.31415'
const lab = { cpu: 1 }
const hosts = {
  one: { address: '10.78.5.11', user: 'pi', model: 'rpi3b+', os: 'bookworm', roles: ['base'], lab },
  two: { address: '10.78.5.12', user: 'pi', model: 'rpi3b+', os: 'trixie', roles: ['base'], lab },
  asks: { address: '10.78.5.13', user: 'pi', model: 'rpi2b', os: 'bookworm', roles: ['base'], lab: { ...lab, sudoPassword: password } },
}
const ssh = { connectTimeout: 3, keepalive: 1 }

describe.runIf(able)('what goes wrong on one host', { timeout: 3 * minutes }, () => {
  const workplace = new Workplace()
  const env = { PI_PASSWORD: password, WRONG: 'not-the-password' }
  const asking = { ...hosts.asks, sudoPassword: { env: 'PI_PASSWORD' } }
  let fleet: Fleet
  let file: string

  /** The inventory with other words about some hosts, or other settings. All hosts stay in it: each Pi's /etc/hosts names them. */
  const inventory = (
    label: string,
    other: Readonly<Record<string, unknown>> = {},
    settings: Readonly<Record<string, unknown>> = {},
  ): string => workplace.write(label, name, { ssh: { ...ssh, ...settings }, hosts: { ...hosts, asks: asking, ...other } })
  const provision = (inventoryFile: string, args: readonly string[] = []): Promise<Told> => workplace.provision(inventoryFile, args, env)

  /** Undoes what `base` did at its beginning and its end; doing it again waits for `release` at the beginning. */
  const unsettle = (host: string): Promise<string> =>
    inside(
      fleet,
      host,
      `rm -f /etc/systemd/journald.conf.d/60-fleet.conf; echo drifted >/etc/hostname; touch /run/hold
printf '#!/bin/sh\\nwhile [ -e /run/hold ]; do sleep 0.1; done\\nexec /usr/bin/hostname "$@"\\n' >/usr/local/sbin/hostname
chmod 755 /usr/local/sbin/hostname`,
    )
  const release = (host: string): Promise<string> => inside(fleet, host, 'rm -f /run/hold /usr/local/sbin/hostname')
  /** Is the run at the step that waits? */
  const holds = (host: string) => async (): Promise<boolean> => (await inside(fleet, host, 'pgrep -f /usr/local/sbin/hostnam[e]')) !== ''
  /** Is a run as it should be now, and the one after it without changes? */
  const settled = async (inventoryFile: string, hostName: string): Promise<void> => {
    const { code, text } = await provision(inventoryFile, [hostName])
    expect(text).not.toContain('FAILED')
    expect(code).toBe(0)
    const again = await provision(inventoryFile, ['--check', hostName])
    expect(again.text).toContain('Nothing to change')
    expect(again.code).toBe(0)
  }

  beforeAll(async () => {
    file = inventory('fleet')
    fleet = await workplace.boot(file)
    expect((await provision(file)).text).toContain('no host failed')
  }, 5 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('refuses a changed host key, with the command that forgets it; the other hosts are done', async () => {
    const some = inventory('changed-key')
    await inside(fleet, 'two', 'rm /etc/systemd/journald.conf.d/60-fleet.conf')
    await fault.changeHostKey(fleet, 'one')
    try {
      for (const args of [[], ['--accept-new-keys']]) {
        const run = await provision(some, args)
        expect(run.code).toBe(1)
        expect(run.text).toContain('one: FAILED')
        expect(run.text).toMatch(/one: +the host key of 10\.78\.5\.11 has changed/)
        expect(run.text).toContain(`ssh-keygen -R 10.78.5.11 -f ${labPaths(name).knownHosts}`)
        expect(run.text).toMatch(/^two +(changed|unchanged)/m)
        expectPlain(run)
      }
    } finally {
      await fault.restoreHostKey(fleet, 'one')
    }
    await settled(some, 'one')
  })

  it('refuses an unknown host key until it is told to accept it', async () => {
    const knownHosts = join(workplace.folder, 'known_hosts')
    writeFileSync(knownHosts, '')
    const some = inventory('unknown-key', {}, { knownHosts })
    const refused = await provision(some, ['--check', 'one'])
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/the host key of 10\.78\.5\.11 is not known yet: ssh-ed25519 SHA256:/)
    expect(refused.text).toContain('--accept-new-keys')
    expect(readFileSync(knownHosts, 'utf8')).toBe('')
    expectPlain(refused)
    const accepted = await provision(some, ['--accept-new-keys', 'one'])
    expect(accepted.text).toMatch(/one: remembers its host key ssh-ed25519 SHA256:/)
    expect(accepted.code).toBe(0)
    expect((await provision(some, ['one'])).code).toBe(0)
    const pinned = readFileSync(labPaths(name).knownHosts, 'utf8')
      .split('\n')
      .find(line => line.startsWith('10.78.5.11 '))
      ?.split(' ')
    expect(readFileSync(knownHosts, 'utf8')).toContain(pinned?.[2] ?? 'a pinned key')
  })

  it('tells a wrong sudo password, and a missing one', async () => {
    const wrong = inventory('wrong-password', { asks: { ...hosts.asks, sudoPassword: { env: 'WRONG' } } })
    const run = await provision(wrong)
    expect(run.code).toBe(1)
    expect(run.text).toMatch(/asks: +sudo refused the password of user pi/)
    expect(run.text).toContain('sudoPassword')
    expect(run.text).not.toContain(env.WRONG)
    expect(run.text).toMatch(/^two +unchanged/m)
    expectPlain(run)
    const without = await provision(inventory('no-password', { asks: hosts.asks }), ['asks'])
    expect(without.code).toBe(1)
    expect(without.text).toMatch(/asks: +sudo wants the password of user pi/)
    expectPlain(without)
    const unset = await provision(inventory('unset-password', { asks: { ...hosts.asks, sudoPassword: { env: 'NOBODY_SET_THIS' } } }))
    expect(unset.code).toBe(1)
    expect(unset.text).toMatch(/asks: +the environment variable NOBODY_SET_THIS is not set/)
    expect(unset.text).toMatch(/^two +unchanged/m)
    expectPlain(unset)
  })

  it('sends the right sudo password where nobody sees it, also to a host that asks for none', async () => {
    const some = inventory('password', { two: { ...hosts.two, sudoPassword: { env: 'PI_PASSWORD' } } })
    await unsettle('asks')
    const running = workplace.start(some, ['--diff', '--json'], env)
    try {
      await eventually(holds('asks'))
      const seen = await inside(
        fleet,
        'asks',
        "for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do tr '\\0' ' ' <$f; echo; done 2>/dev/null",
      )
      expect(seen).toContain('/usr/local/sbin/hostname')
      expect(seen).not.toContain(password)
    } finally {
      await release('asks')
    }
    const run = told(await running)
    expect(run.code).toBe(0)
    expect(run.text).not.toContain(password)
    const traces = await inside(
      fleet,
      'asks',
      `grep -rlF '${password}' /var/lib/provision /run/provision-step.log /run/provision /var/log /etc 2>/dev/null; journalctl --no-pager -q -g '${password}' | grep -v 'lab-exec'`,
    )
    expect(traces).toBe('')
    await settled(some, 'asks')
  })

  it('gives up an unreachable host within its time, and does the others', async () => {
    const some = inventory(
      'unreachable',
      { gone: { ...hosts.one, address: '10.78.5.99' }, two: { ...hosts.two, port: 2200 } },
      { connectTimeout: 2 },
    )
    await inside(fleet, 'one', 'echo drifted >/etc/hosts')
    const run = await provision(some)
    expect(run.code).toBe(1)
    expect(run.text).toMatch(/gone: +no answer from 10\.78\.5\.99:22 within 2 s/)
    expect(run.text).toMatch(/gone: +→ .*ping 10\.78\.5\.99/)
    expect(run.text).toMatch(/two: +10\.78\.5\.12:2200 refuses connections/)
    expect(run.text).toMatch(/^one +changed/m)
    expect(run.text).toMatch(/2 of 4 hosts failed/)
    expectPlain(run)
    await settled(file, 'one')
  })

  it('tells a full card with the remedy, and goes on once it has room', async () => {
    const some = inventory('full')
    await inside(fleet, 'one', 'rm /etc/systemd/journald.conf.d/60-fleet.conf; echo drifted >/etc/hosts')
    await fault.fillDisk(fleet, 'one')
    try {
      const run = await provision(some)
      expect(run.code).toBe(1)
      expect(run.text).toMatch(/one: +block \/etc\/hosts \(.*\): /)
      expect(run.text).toMatch(/one: +\| .*No space left on device/)
      expect(run.text).toMatch(/one: +→ its disk is full: free some space/)
      expect(run.text).toMatch(/^two +unchanged/m)
      expect(await inside(fleet, 'one', 'cat /etc/hosts')).toBe('drifted')
      expectPlain(run)
    } finally {
      await fault.freeDisk(fleet, 'one')
    }
    await settled(some, 'one')
    expect(await inside(fleet, 'one', 'find / -xdev -name "*.provision-new"')).toBe('')
  })

  it('tells who holds a host, and after a kill -9 waits for the step that is left and goes on', async () => {
    const some = inventory('lock')
    await unsettle('one')
    const first = workplace.start(some, ['one'], env)
    try {
      await eventually(holds('one'))
      const second = await provision(some)
      // Nothing is wrong but that another is at work.
      expect(second.code).toBe(75)
      expect(second.text).toMatch(new RegExp(`one: +it is locked: .+@.+ \\(process ${first.pid}, since .+\\) is at work there`))
      expect(second.text).toMatch(/^two +unchanged/m)
      expectPlain(second)
      // A look is allowed: it writes nothing.
      expect((await provision(some, ['--check', 'one'])).code).toBe(2)

      first.kill('SIGKILL')
      await first
      const third = workplace.start(some, ['one'], env)
      let seen = ''
      third.stdout.on('data', (chunk: Buffer | string) => (seen += String(chunk)))
      await eventually(() => seen.includes('waiting for the last step of a run that was cut off'))
      await release('one')
      const run = told(await third)
      expect(run.text).not.toContain('FAILED')
      expect(run.code).toBe(0)
    } finally {
      first.kill('SIGKILL')
      await release('one')
    }
    await settled(some, 'one')
  })

  it('ends in bounded time when a host freezes during a run', async () => {
    const some = inventory('frozen', {}, { connectTimeout: 2 })
    await unsettle('one')
    const running = workplace.start(some, [], env)
    try {
      await eventually(holds('one'))
      await fault.freeze(fleet, 'one')
      const began = Date.now()
      const run = told(await running)
      expect(Date.now() - began).toBeLessThan(minutes)
      expect(run.code).toBe(1)
      expect(run.text).toMatch(/one: .*; connecting again/)
      expect(run.text).toMatch(/one: +no answer from 10\.78\.5\.11:22/)
      expect(run.text).toMatch(/^two +(un)?changed/m)
      expectPlain(run)
    } finally {
      await fault.thaw(fleet, 'one')
      await release('one')
    }
    await settled(some, 'one')
  })

  it('connects again after a cut cable is mended, and finishes', async () => {
    const some = inventory('cut', {}, { keepalive: 3 })
    await unsettle('one')
    const running = workplace.start(some, ['one'], env)
    let seen = ''
    running.stdout.on('data', (chunk: Buffer | string) => (seen += String(chunk)))
    try {
      await eventually(holds('one'))
      await fault.cut(fleet, 'one')
      await eventually(() => seen.includes('connecting again'))
      await fault.mend(fleet, 'one')
      await release('one')
      const run = told(await running)
      expect(run.text).not.toContain('FAILED')
      expect(run.code).toBe(0)
      expectPlain(run)
    } finally {
      await fault.mend(fleet, 'one')
      await release('one')
    }
    await settled(some, 'one')
  })

  it('reaches a host through another, each verified under its own name', async () => {
    const behind = { ...hosts.two, jump: 'one' }
    const some = inventory('jump', { two: behind })
    const direct = 'iptables -I INPUT -p tcp --dport 22 -s 10.78.5.1 -j REJECT 2>/dev/null || ip route add prohibit 10.78.5.1'
    await inside(fleet, 'two', direct)
    try {
      const without = await provision(inventory('no-jump', {}, { connectTimeout: 2 }), ['two'])
      expect(without.code).toBe(1)
      await inside(fleet, 'two', 'echo drifted >/etc/hosts')
      const run = await provision(some)
      expect(run.text).toMatch(/^two +changed/m)
      expect(run.code).toBe(0)
      const lost = inventory('jump-nowhere', { two: { ...behind, address: '10.78.5.98' } })
      const failed = await provision(lost)
      expect(failed.code).toBe(1)
      expect(failed.text).toMatch(/two: +(one cannot reach two \(10\.78\.5\.98:22\)|no answer from 10\.78\.5\.98)/)
      expect(failed.text).toMatch(/^one +(un)?changed/m)
      expectPlain(failed)
      await fault.changeHostKey(fleet, 'two')
      const changed = await provision(some)
      expect(changed.code).toBe(1)
      expect(changed.text).toContain('ssh-keygen -R 10.78.5.12')
    } finally {
      await inside(fleet, 'two', 'iptables -F INPUT 2>/dev/null; ip route del prohibit 10.78.5.1 2>/dev/null; true')
      await fault.restoreHostKey(fleet, 'two')
    }
    await settled(file, 'two')
  })

  it('refuses roles that do not fit the memory, with the numbers, before anything is changed', async () => {
    const some = inventory('memory', { two: { ...hosts.two, roles: ['base', 'mariadb'], vars: { mariadb: { bufferPool: 4 * 2 ** 30 } } } })
    await inside(fleet, 'two', 'echo drifted >/etc/hosts')
    const run = await provision(some)
    expect(run.code).toBe(1)
    expect(run.text).toMatch(/two: +its roles do not fit its memory: RAM 1024 MiB, planned \d{4} MiB: mariadb \d{4}, base \d+/)
    expect(run.text).toMatch(/two: +→ nothing was changed/)
    expect(run.text).toMatch(/^one +unchanged/m)
    expectPlain(run)
    expect(await inside(fleet, 'two', 'cat /etc/hosts; ls -d /etc/mysql 2>/dev/null')).toBe('drifted')
    await settled(file, 'two')
  })

  it('stops after the step at hand when interrupted, and goes on the next time', async () => {
    const some = inventory('interrupted')
    await unsettle('one')
    const running = workplace.start(some, [], env)
    try {
      await eventually(holds('one'))
      running.kill('SIGINT')
      const run = told(await running)
      expect(run.code).toBe(130)
      expect(run.text).toContain('Stopping after the step at hand')
      expect(run.text).toMatch(/one: +stopped before it was done/)
      expect(run.text).toMatch(/one: +→ run the same command again/)
      expectPlain(run)
    } finally {
      await release('one')
    }
    await eventually(async () => (await inside(fleet, 'one', 'flock -n /run/provision/lock true && echo free')) === 'free')
    expect(await inside(fleet, 'one', 'cat /etc/hostname; ls /etc/systemd/journald.conf.d/60-fleet.conf 2>&1')).toMatch(
      /^one\nls: cannot access/,
    )
    await settled(some, 'one')
  })

  it('runs a command on all, those behind a sudo password among them, each line behind its host', async () => {
    const run = async (...args: string[]) =>
      execa(process.execPath, [join(import.meta.dirname, '../../scripts/bin/fleet.mjs'), 'run', '--inventory', file, ...args], {
        reject: false,
        env: { ...workplace.env, ...env },
        stdin: 'ignore',
      })
    const all = await run('--', 'id -un; printf "%s" "$(hostname)"')
    expect(all.stdout.split('\n').sort()).toEqual(['asks | asks', 'asks | root', 'one  | one', 'one  | root', 'two  | root', 'two  | two'])
    expect(all.exitCode).toBe(0)
    const some = await run('one', 'two', '--', 'test', '-e', '/no such file')
    expect(some.exitCode).toBe(1)
    expect(some.stderr).toBe('one: exit code 1\ntwo: exit code 1')
    const json = JSON.parse((await run('one', '--json', '--', 'echo "a | b"; exit 3')).stdout) as unknown
    expect(json).toEqual({ one: { value: { code: 3, output: 'a | b\n' } } })
  })

  it('prints one JSON object a line, failures among them', async () => {
    const known = join(workplace.folder, 'known_hosts_json')
    copyFileSync(labPaths(name).knownHosts, known)
    const some = inventory('json', { two: { ...hosts.two, address: '10.78.5.99' } }, { connectTimeout: 1, knownHosts: known })
    const result = await workplace.start(some, ['--json'], env)
    expect(result.exitCode).toBe(1)
    const events = result.stdout
      .split('\n')
      .map(line => JSON.parse(line) as { event: string; host?: string; failure?: { message: string; hint?: string } })
    expect(events.at(-1)).toMatchObject({
      event: 'summary',
      hosts: { two: { status: 'failed' }, asks: { status: 'changed' }, one: { status: 'changed' } },
    })
    expect(events.find(({ event, host }) => event === 'finished' && host === 'two')?.failure).toMatchObject({
      message: 'no answer from 10.78.5.99:22 within 1 s',
    })
    expect(events.filter(({ event, host }) => event === 'planned' && host === 'one')).toHaveLength(1)
  })
})
