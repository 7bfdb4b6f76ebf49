import { setTimeout as sleep } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { groupOf, hierarchies, processesOf } from '../../cgroup/groups.ts'
import { readUsage, usageFiles } from '../../cgroup/usage.ts'
import { exec } from '../../exec.ts'
import { greets } from '../../host/answers.ts'
import { identityOf } from '../../identity.ts'
import { hostPaths, labPaths } from '../../paths.ts'
import { attempt } from '../../run.ts'
import type { FaultOf } from '../kinds.ts'
import { unitName } from '../unit-faults.ts'
import type { Found } from './proof.ts'

/** A host without power has no process, and nobody greets at its address. */
export async function provesOff(fleet: Fleet, host: Host): Promise<Found> {
  const left = await processesOf(await hierarchies(), groupOf(identityOf(fleet.name).prefix, host.name))
  const greeted = await greets(host.address, host.port, 1000)
  return {
    expected: 'no process, no SSH',
    measured: `${left.length} processes, ${greeted ? 'SSH greets' : 'no SSH'}`,
    took: left.length === 0 && !greeted,
  }
}

/** A host that stands still answers no SSH, though its processes are there. */
export async function provesStill(fleet: Fleet, host: Host): Promise<Found> {
  const all = await hierarchies()
  const group = groupOf(identityOf(fleet.name).prefix, host.name)
  const left = await processesOf(all, group)
  const files = usageFiles(all, group)
  const before = readUsage(files)
  const greeted = await greets(host.address, host.port, 1500)
  const after = readUsage(files)
  const worked = before && after ? after.user + after.system - before.user - before.system : NaN
  return {
    expected: 'processes that do not work, no SSH',
    measured: `${left.length} processes worked ${worked.toFixed(3)} s in 1.5 s, ${greeted ? 'SSH greets' : 'no SSH'}`,
    took: left.length > 0 && !greeted && worked < 0.01,
  }
}

/** A unit that was killed, and that nothing started again. */
export async function provesUnitDead(fleet: Fleet, host: string, unit: string): Promise<Found> {
  // Long enough for Restart= of the units there are to have done its work, were it not kept from it.
  await sleep(1500)
  const { stdout } = await exec(fleet, host, ['systemctl', 'show', '-p', 'ActiveState', '-p', 'MainPID', unitName(unit)])
  const state = /^ActiveState=(.*)$/m.exec(stdout)?.[1] ?? 'unknown'
  const pid = Number(/^MainPID=(\d+)$/m.exec(stdout)?.[1] ?? -1)
  return {
    expected: 'no process of it',
    measured: `${state}, main process ${pid}`,
    took: pid === 0 && ['failed', 'inactive'].includes(state),
  }
}

/** Every process of a unit is in state T. */
export async function provesUnitStill(fleet: Fleet, host: string, unit: string): Promise<Found> {
  const list = `ps -o stat= -p "$(systemd-cgls --no-pager -u ${unitName(unit)} 2>/dev/null | grep -oE '[─├└ ]+[0-9]+ ' | grep -oE '[0-9]+' | paste -sd,)"`
  const main = `systemctl show -p MainPID --value ${unitName(unit)}`
  const { stdout } = await exec(fleet, host, ['bash', '-c', `${list} || ps -o stat= -p "$(${main})"`])
  const states = stdout
    .split('\n')
    .map(text => text.trim())
    .filter(Boolean)
  return {
    expected: 'all its processes stopped',
    measured: states.length === 0 ? 'it has none' : states.join(' '),
    took: states.length > 0 && states.every(state => state.startsWith('T')),
  }
}

const wordsOf = {
  'fill-disk': /No space left on device/,
  'read-only': /Read-only file system/,
  'dead-disk': /Input\/output error/,
} as const

/** A write to the card, and what it is answered. */
export async function provesWriteFails(fleet: Fleet, host: string, kind: keyof typeof wordsOf): Promise<Found> {
  const file = '/var/tmp/.lab-fault-probe'
  const { stdout, stderr, code } = await exec(fleet, host, [
    'sh',
    '-c',
    `head -c 100000 /dev/zero >${file}; c=$?; sync ${file} || c=1; rm -f ${file}; exit $c`,
  ])
  const said = (stdout + stderr).trim().split('\n')[0] ?? ''
  return {
    expected: `a write is answered "${wordsOf[kind].source.replace('\\', '')}"`,
    measured: code === 0 ? 'it was written' : said,
    took: code !== 0 && wordsOf[kind].test(stdout + stderr),
  }
}

/** Some bytes written to the card itself, past the cache. */
export async function provesSlowDisk(fleet: Fleet, host: string, fault: FaultOf<'slow-disk'>): Promise<Found> {
  const blocks = Math.max(8, Math.round((fault.kilobytes * 2) / 16))
  const file = '/var/tmp/.lab-fault-probe'
  const write = `dd if=/dev/zero of=${file} bs=16k count=${blocks} conv=fsync 2>/dev/null`
  const { stdout } = await exec(fleet, host, [
    'bash',
    '-c',
    `b=$EPOCHREALTIME; timeout 60 ${write}; e=$EPOCHREALTIME; rm -f ${file}; echo $b $e`,
  ])
  const [began = 0, ended = 0] = stdout.trim().split(/\s+/).map(Number)
  const rate = (blocks * 16.384) / Math.max(0.001, ended - began)
  const most = fault.kilobytes * 1.3
  return { expected: `at most ${most.toFixed(0)} kB/s`, measured: `${rate.toFixed(0)} kB/s`, took: ended > began && rate <= most }
}

/** A program that never rests, and what it was given; that it had to wait is what tells a slow host from a busy machine. */
export async function provesSlowCpu(fleet: Fleet, host: Host, fault: FaultOf<'slow-cpu'>): Promise<Found> {
  const all = await hierarchies()
  const group = groupOf(identityOf(fleet.name).prefix, host.name)
  const files = usageFiles(all, group)
  const throttled = async (): Promise<number> => {
    const text = await readFile(`${all.v1.get('cpu') ?? all.v2}/${group}/cpu.stat`, 'utf8').catch(() => '')
    return Number(/^nr_throttled (\d+)$/m.exec(text)?.[1] ?? 0)
  }
  const [before, waited, began] = [readUsage(files), await throttled(), performance.now()]
  await exec(fleet, host.name, ['timeout', '2', 'bash', '-c', 'for i in $(seq 4); do while :; do :; done & done; wait'])
  const [after, waits, seconds] = [readUsage(files), (await throttled()) - waited, (performance.now() - began) / 1000]
  const share = before && after ? (after.user + after.system - before.user - before.system) / seconds : NaN
  const most = fault.share * 1.2 + 0.02
  return {
    expected: `at most ${most.toFixed(2)} of a core, and kept waiting`,
    measured: `${share.toFixed(2)} of a core, kept waiting ${waits} times`,
    took: share <= most && waits > 10,
  }
}

/** The clock is asked, as a program that starts now sees it. */
export async function provesClock(fleet: Fleet, host: string, fault: FaultOf<'clock'>): Promise<Found> {
  const { stdout } = await exec(fleet, host, ['date', '+%s.%N'])
  const off = Number(stdout.trim()) - Date.now() / 1000
  return { expected: `${fault.seconds} s off`, measured: `${off.toFixed(1)} s off`, took: Math.abs(off - fault.seconds) < 3 }
}

/** The key that is shown is not the pinned one. */
export async function provesOtherKey(fleet: Fleet, host: Host): Promise<Found> {
  const scan = await attempt(['ssh-keyscan', '-T', '5', '-t', 'ed25519', '-p', String(host.port), host.address])
  const shown = /ssh-ed25519 (\S+)/.exec(scan.stdout)?.[1]
  const pinned = /ssh-ed25519 (\S+)/.exec(await readFile(`${hostPaths(fleet.name, host.name).hostKey}.pub`, 'utf8'))?.[1]
  return {
    expected: `another key than ${labPaths(fleet.name).knownHosts} has`,
    measured: shown === undefined ? 'none shown' : shown === pinned ? 'the pinned one' : 'another one',
    took: shown !== undefined && shown !== pinned,
  }
}
