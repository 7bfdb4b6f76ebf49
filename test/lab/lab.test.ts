import { build } from 'esbuild'
import { execa } from 'execa'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  down,
  exec,
  fault,
  type LabEvent,
  labPaths,
  leftovers,
  removeSnapshot,
  reset,
  restore,
  snapshot,
  snapshots,
  sshArgs,
  status,
  up,
} from '../../lab/index.ts'
import { snapshotsDir } from '../../lab/paths.ts'
import { killFleet, labFleet, labHost } from './labtest.ts'

const able = process.platform === 'linux' && process.getuid?.() === 0
if (!able) console.warn('Skipped: a lab needs Linux and root.')

const fleet = labFleet([
  labHost('small', 11, { model: 'rpi1b', lab: { cpu: 0.3 } }),
  labHost('far', 12, { model: 'rpi2b', os: 'trixie', lab: { delay: 25 } }),
  labHost('asks', 13, { model: 'rpi3b+', port: 2222, lab: { sudoPassword: 'raspberry' } }),
])
const minutes = 60_000
/** How often an `up` is killed: `npm run proof:lab-kill` does it a dozen times. */
const rounds = Number(process.env['LAB_KILLS'] ?? 6)

async function shell(host: string, script: string): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await exec(fleet, host, ['sh', '-c', script])
  return { code, text: (stdout + stderr).trim() }
}

async function ssh(host: string, command: string, input = ''): Promise<{ readonly code: number; readonly text: string }> {
  const result = await execa('ssh', ['-o', 'ConnectTimeout=3', '-o', 'BatchMode=yes', ...sshArgs(fleet, host), command], {
    reject: false,
    input,
  })
  return { code: result.exitCode ?? -1, text: (result.stdout + result.stderr).trim() }
}

describe.runIf(able)('a lab', { timeout: 2 * minutes }, () => {
  const settings = () =>
    able ? ['net/ipv4/ip_forward', 'fs/inotify/max_user_instances'].map(name => readFileSync(`/proc/sys/${name}`, 'utf8')) : []
  const before = settings()
  const events: LabEvent[] = []

  beforeAll(async () => {
    await down(fleet)
    await down(killFleet)
    await up(fleet, { on: event => events.push(event) })
  }, 5 * minutes)

  afterAll(async () => {
    await down(killFleet)
    await down(fleet)
  }, minutes)

  it('says which way the delay is made', () => {
    expect(events.find(event => event.kind === 'host' && event.host === 'far')?.text).toMatch(
      /25 ms away each way by (the kernel's netem|a delay line)/,
    )
  })

  it('is left alone by a second up', async () => {
    const again: LabEvent[] = []
    await up(fleet, { on: event => again.push(event) })
    expect(again.flatMap(event => (event.kind === 'host' ? [event.seconds] : []))).toEqual([0, 0, 0])
  })

  it('is reached by SSH, host keys verified the first time', async () => {
    expect(await ssh('small', 'hostname; sudo -n id -u; exit 3')).toEqual({ code: 3, text: 'small\n0' })
  })

  it('shows each host its own RAM, cores and model, over SSH and in units', async () => {
    const facts =
      'nproc; getconf _NPROCESSORS_ONLN; grep -c ^processor /proc/cpuinfo; grep MemTotal /proc/meminfo; tr "\\0" "\\n" < /sys/firmware/devicetree/base/model'
    const of = (cores: number, memory: number, model: string): string =>
      `${cores}\n${cores}\n${cores}\nMemTotal:       ${String(memory).padStart(8)} kB\n${model}`
    expect((await ssh('small', facts)).text).toBe(of(1, 524288, 'Raspberry Pi Model B Rev 2'))
    expect((await ssh('far', facts)).text).toBe(of(4, 1048576, 'Raspberry Pi 2 Model B Rev 1.1'))
    const unit = await exec(fleet, 'far', ['systemd-run', '--quiet', '--wait', '--pipe', 'sh', '-c', facts])
    expect(unit.stdout.trim()).toBe(of(4, 1048576, 'Raspberry Pi 2 Model B Rev 1.1'))
  })

  it('boots whole systems of both releases', async () => {
    for (const [host, release] of [
      ['small', 'bookworm'],
      ['far', 'trixie'],
    ] as const) {
      expect((await shell(host, 'systemctl is-system-running --wait; . /etc/os-release; echo $VERSION_CODENAME')).text).toBe(
        `running\n${release}`,
      )
    }
  })

  it('has a sensor where a Pi has it', async () => {
    const value = Number((await ssh('small', 'cat /sys/class/thermal/thermal_zone0/temp')).text)
    expect(value).toBeGreaterThan(35_000)
    expect(value).toBeLessThan(75_000)
  })

  it('ends a program that wants more RAM than the Pi has', async () => {
    expect((await shell('small', 'tail /dev/zero; echo $?')).text).toMatch(/^137/)
  })

  it('keeps a busy host to its share, and shows it busy to itself', async () => {
    const busy = exec(fleet, 'small', ['timeout', '4', 'sh', '-c', 'while :; do :; done'])
    await sleep(1000)
    const [small] = await status(fleet, 2)
    expect(small?.cpu.used).toBeGreaterThan(0.2)
    expect(small?.cpu.used).toBeLessThan(0.36)
    await busy
    const [, user = 0, , system = 0, idle = 0] = (await shell('small', 'head -1 /proc/stat')).text.split(/\s+/).map(Number)
    expect(user + system).toBeGreaterThan(200)
    expect(idle).toBeGreaterThan(0)
  })

  it('takes memory settings of a role without giving them to the machine', async () => {
    const before = readFileSync('/proc/sys/vm/swappiness', 'utf8')
    expect((await shell('small', 'sysctl -q -w vm.swappiness=7 && sysctl -n vm.swappiness')).text).toBe('7')
    expect(readFileSync('/proc/sys/vm/swappiness', 'utf8')).toBe(before)
  })

  it('lets sudo ask for a password where the inventory says so', async () => {
    expect((await ssh('asks', 'sudo -n true')).code).not.toBe(0)
    expect((await ssh('asks', 'sudo -S -p "" id -u', 'raspberry\n')).text).toBe('0')
    expect((await ssh('asks', 'sudo -S -p "" id -u', 'wrong\n')).code).not.toBe(0)
  })

  it('delays both directions', async () => {
    const { text } = await shell('far', 'ping -q -c 5 -i 0.2 10.78.1.1')
    const fastest = Number(/= ([\d.]+)\//.exec(text)?.[1])
    expect(fastest).toBeGreaterThan(49)
    expect(fastest).toBeLessThan(80)
  })

  it('reaches its package mirror', async () => {
    const { code, text } = await shell('asks', 'apt-get -q update')
    expect(text).toContain('Reading package lists')
    expect(code).toBe(0)
  })

  it('tells what each host uses', async () => {
    const rows = await status(fleet)
    expect(rows.map(({ name, state }) => `${name} ${state}`)).toEqual(['small up', 'far up', 'asks up'])
    for (const { memory } of rows) {
      expect(memory.used).toBeGreaterThan(2 ** 20)
      expect(memory.used).toBeLessThan(memory.limit)
    }
  })

  describe('with faults', () => {
    const stateOf = async (name: string): Promise<string | undefined> => (await status(fleet, 0.01)).find(row => row.name === name)?.state

    it('freezes and thaws', async () => {
      await fault.freeze(fleet, 'small')
      expect(await stateOf('small')).toBe('frozen')
      expect((await ssh('small', 'true')).code).toBe(255)
      await fault.thaw(fleet, 'small')
      expect((await ssh('small', 'true')).code).toBe(0)
    })

    it('cuts and mends the network', async () => {
      await fault.cut(fleet, 'far')
      expect(await stateOf('far')).toBe('cut')
      expect((await ssh('far', 'true')).code).toBe(255)
      expect((await shell('far', 'echo inside')).text).toBe('inside')
      await fault.mend(fleet, 'far')
      expect((await ssh('far', 'true')).code).toBe(0)
    })

    it('loses power, keeps what was written, boots again', async () => {
      await shell('asks', 'echo kept > /root/kept')
      await fault.kill(fleet, 'asks')
      expect(await stateOf('asks')).toBe('down')
      await up(fleet)
      expect((await shell('asks', 'cat /root/kept')).text).toBe('kept')
    })

    it('fills the card and frees it', async () => {
      await fault.fillDisk(fleet, 'asks')
      expect((await shell('asks', 'head -c 100000 /dev/zero > /var/tmp/x')).text).toMatch(/No space left on device/)
      await fault.freeDisk(fleet, 'asks')
      expect((await shell('asks', 'head -c 100000 /dev/zero > /var/tmp/x && rm /var/tmp/x')).code).toBe(0)
    })

    it('changes the host key and restores it', async () => {
      await fault.changeHostKey(fleet, 'small')
      expect((await ssh('small', 'true')).text).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED')
      await fault.restoreHostKey(fleet, 'small')
      expect((await ssh('small', 'true')).code).toBe(0)
    })

    it('is mended by up', async () => {
      await fault.freeze(fleet, 'small')
      await fault.cut(fleet, 'far')
      await up(fleet)
      expect(await Promise.all([ssh('small', 'true'), ssh('far', 'true')])).toMatchObject([{ code: 0 }, { code: 0 }])
    })

    it('is pristine after a reset, with the host key it had', async () => {
      await shell('asks', 'touch /root/touched')
      await reset(fleet, 'asks')
      expect((await ssh('asks', 'hostname')).text).toBe('asks')
      expect((await shell('asks', 'ls /root')).text).toBe('')
    })
  })

  it('keeps whole cards under a name, of hosts that are at work, and puts them back', async () => {
    await shell(
      'small',
      `for i in $(seq 500); do echo $i >/root/file$i; done; (while :; do date >/root/busy; done) >/dev/null 2>&1 & sleep 1`,
    )
    await snapshot(fleet, 'kept')
    try {
      expect(snapshots(fleet)).toContain('kept')
      const copy = join(snapshotsDir, fleet.name, 'kept/small/card.img')
      expect((await execa('e2fsck', ['-fn', copy], { reject: false })).exitCode).toBe(0)
      await shell('small', 'rm /root/file*; echo new >/root/new')
      await restore(fleet, 'kept')
      expect((await shell('small', 'ls /root | grep -c file; ls /root/new 2>&1')).text).toMatch(/^500\n.*No such file/)
      await expect(restore(fleet, 'other')).rejects.toThrow('has no snapshot "other"')
    } finally {
      await removeSnapshot(fleet, 'kept')
    }
    expect(snapshots(fleet)).not.toContain('kept')
  })

  it('does not confuse hosts', async () => {
    await expect(exec(fleet, 'nobody', ['true'])).rejects.toThrow('has no host nobody')
  })

  it('survives an up that is killed at any moment', { timeout: 5 * minutes }, async () => {
    const cache = join(import.meta.dirname, '../../.cache/lab-test')
    mkdirSync(cache, { recursive: true })
    const outfile = join(cache, 'up-child.mjs')
    await build({
      entryPoints: [join(import.meta.dirname, 'up-child.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    })
    try {
      for (let round = 0; round < rounds; round++) {
        const after = 100 + Math.random() * 2400
        const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] })
        await once(child.stdout, 'data')
        await sleep(after)
        child.kill('SIGKILL')
        if (round % 2 === 0) {
          await up(killFleet)
          const states = (await status(killFleet, 0.01)).map(({ state }) => state)
          expect(states, `killed after ${after.toFixed(0)} ms, then up`).toEqual(['up', 'up'])
        }
        if (round % 4 !== 0) {
          await down(killFleet)
          expect(await leftovers(killFleet), `killed after ${after.toFixed(0)} ms, then down`).toEqual([])
        }
      }
    } finally {
      rmSync(cache, { recursive: true, force: true })
    }
  })

  it('goes without a trace, and leaves the lab beside it alone', async () => {
    await up(killFleet)
    await down(killFleet)
    expect((await status(fleet, 0.01)).map(({ state }) => state)).toEqual(['up', 'up', 'up'])
    expect(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8')).toBe('1\n')
    await down(fleet)
    expect(await leftovers(fleet)).toEqual([])
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(labPaths(fleet.name).dir)
    expect(settings()).toEqual(before)
  })
})
