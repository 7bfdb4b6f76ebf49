import { createServer } from 'node:net'
import { once } from 'node:events'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { exec } from '../../exec.ts'
import { subnetOf } from '../../network/addressing.ts'
import { otherSide } from '../partition.ts'
import type { FaultOf } from '../kinds.ts'
import { ping } from './ping.ts'
import type { Found } from './proof.ts'
import { interval, quantile, triesFor } from './statistics.ts'

/** Milliseconds a packet may take on a busy machine beside what it is told to. */
const slack = 40

/** Nothing goes out any more. */
export async function provesCut(fleet: Fleet, host: string): Promise<Found> {
  const { received } = await ping(fleet, host, subnetOf(fleet).gateway, 3, 0.2, 1)
  return { expected: '0 of 3 pings of the machine answered', measured: `${received} of 3`, took: received === 0 }
}

/** None of the other side answers, though the machine does: it is no cut. */
export async function provesPartition(fleet: Fleet, host: string, fault: FaultOf<'partition'>): Promise<Found> {
  const machine = await ping(fleet, host, subnetOf(fleet).gateway, 3, 0.2, 1)
  const others = await Promise.all(
    otherSide(fleet, fault).map(async each => [each, await ping(fleet, host, each.address, 3, 0.2, 1)] as const),
  )
  const heard = others.filter(([, { received }]) => received > 0).map(([{ name }]) => name)
  return {
    expected: `no answer of ${others.map(([{ name }]) => name).join(' ')}, one of the machine`,
    measured: `${heard.length === 0 ? 'none' : heard.join(' ')} answered; the machine ${machine.received} of 3`,
    took: heard.length === 0 && machine.received > 0 && others.length > 0,
  }
}

/** The quickest of some pings: what a busy machine adds is not in it. */
export async function provesDelay(fleet: Fleet, host: Host, fault: FaultOf<'delay'>): Promise<Found> {
  const least = 2 * (fault.milliseconds + (host.lab?.delay ?? 0))
  const { times, received, sent } = await ping(fleet, host.name, subnetOf(fleet).gateway, 10, 0.1, 2 + Math.ceil(least / 1000))
  const quickest = Math.min(...times)
  return {
    expected: `there and back ${least} to ${least + slack} ms`,
    measured: received === 0 ? `none of ${sent} pings answered` : `${quickest.toFixed(1)} ms`,
    // Timers of a whole millisecond: what is nearly due is sent.
    took: received > 0 && quickest >= least - 2 && quickest <= least + slack,
  }
}

/** A ping is lost on its way there or back. */
export async function provesLoss(fleet: Fleet, host: string, fault: FaultOf<'loss'>): Promise<Found> {
  const lost = 1 - (1 - fault.percent / 100) ** 2
  const count = Math.max(200, triesFor(lost))
  const { sent, received } = await ping(fleet, host, subnetOf(fleet).gateway, count, 0.01)
  const [least, most] = interval(sent, lost)
  const missing = sent - received
  return {
    expected: `${least} to ${most} of ${count} pings lost`,
    measured: `${missing} of ${sent}`,
    took: sent >= count && missing >= Math.max(1, least) && missing <= most,
  }
}

/** How far the times of pings lie apart: the sum of two even spreads, nine tenths of which lie within 1.37 of 2 jitters. */
export async function provesJitter(fleet: Fleet, host: string, fault: FaultOf<'jitter'>): Promise<Found> {
  const count = 40
  const { times } = await ping(fleet, host, subnetOf(fleet).gateway, count, Math.max(0.05, (2.2 * fault.milliseconds) / 1000), 5)
  const apart = quantile(times, 0.95) - quantile(times, 0.05)
  const [least, most] = [0.8 * fault.milliseconds, 2 * fault.milliseconds + slack]
  return {
    expected: `nine tenths of the times there and back ${least.toFixed(0)} to ${most.toFixed(0)} ms apart`,
    measured: `${apart.toFixed(1)} ms, of ${times.length}`,
    took: times.length > count / 2 && apart >= least && apart <= most,
  }
}

/** Two seconds' worth of bytes, sent to the machine and counted there. */
export async function provesBandwidth(fleet: Fleet, host: string, fault: FaultOf<'bandwidth'>): Promise<Found> {
  const rate = fault.kilobits * 1000
  const bytes = Math.round((2 * rate) / 8)
  const { gateway } = subnetOf(fleet)
  const server = createServer().listen(0, gateway)
  await once(server, 'listening')
  try {
    const { port } = server.address() as { port: number }
    const seen = new Promise<{ bytes: number; seconds: number }>(resolve =>
      server.once('connection', socket => {
        let [began, got, last] = [0, 0, 0]
        socket.on('data', data => {
          last = performance.now()
          began ||= last
          got += data.length
        })
        socket.on('error', () => {})
        socket.once('close', () => resolve({ bytes: got, seconds: (last - began) / 1000 }))
      }),
    )
    const send = `exec 3>/dev/tcp/${gateway}/${port}; head -c ${bytes} /dev/zero >&3`
    const sent = await exec(fleet, host, ['timeout', '30', 'bash', '-c', send])
    if (sent.code !== 0) return { expected: `${fault.kilobits} kbit/s`, measured: 'nothing arrived', took: false }
    const { bytes: got, seconds } = await seen
    const measured = (got * 8) / Math.max(0.001, seconds) / 1000
    const [least, most] = [fault.kilobits * 0.4, fault.kilobits * 1.3]
    return {
      expected: `${least.toFixed(0)} to ${most.toFixed(0)} kbit/s`,
      measured: `${measured.toFixed(0)} kbit/s`,
      took: measured >= least && measured <= most,
    }
  } finally {
    server.close()
  }
}
