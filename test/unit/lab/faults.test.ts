import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceNumbers, throttles } from '../../../lab/fault/card-faults.ts'
import { wrongClockScript } from '../../../lab/fault/clock.ts'
import { newly } from '../../../lab/fault/inject-proven.ts'
import { type Fault, faultKinds, faultSchema, faultText } from '../../../lab/fault/kinds.ts'
import { due, lives, type Owed, ownerOf } from '../../../lab/fault/owed.ts'
import { deafCommand, otherSide } from '../../../lab/fault/partition.ts'
import { parsePing } from '../../../lab/fault/proofs/ping.ts'
import { interval, quantile, triesFor } from '../../../lab/fault/proofs/statistics.ts'
import { hostsToBoot } from '../../../lab/fault/undo.ts'
import { killUnitScript, startUnitScript } from '../../../lab/fault/unit-faults.ts'
import { wireOf } from '../../../lab/fault/wire-of.ts'
import { faultOf } from '../../../scripts/actions/lab-fault.ts'
import { labFleet, labHost } from '../../lab/labtest.ts'

describe('a fault from a command line', () => {
  it('is of one of the kinds, with what that kind needs', () => {
    expect(faultOf('loss', ['a', 'b'], { percent: '20', for: '3' })).toEqual({ kind: 'loss', hosts: ['a', 'b'], percent: 20 })
    expect(faultOf('partition', ['a'], { from: ['b'] })).toEqual({ kind: 'partition', hosts: ['a'], from: ['b'] })
    expect(faultOf('kill', ['a'], { unit: 'kafka' })).toEqual({ kind: 'kill', hosts: ['a'], unit: 'kafka' })
  })

  it('is refused in the words of the command line', () => {
    expect(() => faultOf('loss', ['a'], {})).toThrow('loss needs --percent')
    expect(() => faultOf('loss', ['a'], { percent: '99' })).toThrow('--percent: Too big')
    expect(() => faultOf('cut', ['a'], { ms: '3' })).toThrow('cut knows no --ms')
    expect(() => faultOf('cut', [], {})).toThrow('cut of which host?')
    expect(() => faultOf('kill', ['a'], { unit: 'x; reboot' })).toThrow('--unit')
  })

  it('has words for every kind', () => {
    expect(Object.keys(faultKinds).sort()).toEqual(faultSchema.options.map(({ shape }) => [...shape.kind.values][0]).sort())
    expect(faultText({ kind: 'clock', hosts: ['a'], seconds: 60, unit: 'kafka' })).toBe('clock +60 s for kafka at a')
    expect(faultText({ kind: 'partition', hosts: ['a', 'b'] })).toBe('partition of a b from all others')
  })
})

describe('a cable with several faults', () => {
  it('adds up what they do', () => {
    const hosts = ['a']
    expect(
      wireOf([
        { kind: 'delay', hosts, milliseconds: 20 },
        { kind: 'delay', hosts, milliseconds: 5 },
        { kind: 'loss', hosts, percent: 50 },
        { kind: 'loss', hosts, percent: 20 },
        { kind: 'bandwidth', hosts, kilobits: 500 },
        { kind: 'bandwidth', hosts, kilobits: 100 },
        { kind: 'jitter', hosts, milliseconds: 7 },
        { kind: 'cut', hosts },
      ]),
    ).toEqual({ delay: 25, jitter: 7, loss: 0.6, bandwidth: 100_000 })
  })

  it('is a good one when they are over', () => {
    expect(wireOf([{ kind: 'pause', hosts: ['a'] }])).toEqual({})
  })
})

describe('a partition', () => {
  const fleet = labFleet([labHost('a', 2), labHost('b', 3), labHost('c', 4)])

  it('has all others on the other side, unless it says who', () => {
    const names = (fault: Extract<Fault, { kind: 'partition' }>) => otherSide(fleet, fault).map(({ name }) => name)
    expect(names({ kind: 'partition', hosts: ['a'] })).toEqual(['b', 'c'])
    expect(names({ kind: 'partition', hosts: ['a', 'b'], from: ['b', 'c'] })).toEqual(['c'])
    expect(() => names({ kind: 'partition', hosts: ['a'], from: ['d'] })).toThrow('has no host d')
  })

  it('sends frames to nobody', () => {
    expect(deafCommand('ns', '10.0.0.2').join(' ')).toBe('ip -n ns neigh replace 10.0.0.2 lladdr 02:00:00:00:00:01 dev eth0 nud permanent')
  })
})

describe('how many of so many', () => {
  it('is believed within an interval that holds all but two thousandths', () => {
    expect(interval(200, 0.36)).toEqual([52, 93])
    expect(interval(10, 0)).toEqual([0, 0])
    expect(interval(10, 1)).toEqual([10, 10])
  })

  it('has its mean within, and never more than there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1500 }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (n, p) => {
        const [least, most] = interval(n, p)
        return least >= 0 && most <= n && least <= Math.ceil(n * p) && most >= Math.floor(n * p)
      }),
    )
  })

  it('tells a loss that is not there from the smallest one there is', () => {
    const lost = 1 - 0.995 ** 2
    expect(interval(triesFor(lost), lost)[0]).toBeGreaterThanOrEqual(1)
  })

  it('has quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(3)
    expect(quantile([], 0.5)).toBeNaN()
  })
})

describe('pings', () => {
  it('are read', () => {
    const text = `PING 10.78.1.1 (10.78.1.1) 56(84) bytes of data.
64 bytes from 10.78.1.1: icmp_seq=1 ttl=64 time=51.2 ms
64 bytes from 10.78.1.1: icmp_seq=3 ttl=64 time=50.9 ms

--- 10.78.1.1 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 402ms
`
    expect(parsePing(text)).toEqual({ sent: 3, received: 2, times: [51.2, 50.9] })
  })

  it('that could not be sent prove nothing', () => {
    expect(parsePing('ping: connect: Network is unreachable')).toEqual({ sent: 0, received: 0, times: [] })
  })
})

describe('a slow card', () => {
  const v1 = 'cgroup /sys/fs/cgroup/blkio cgroup rw,relatime,blkio 0 0\n'

  it('is slowed by either kind of cgroups', () => {
    expect(throttles(v1, '/sys/fs/cgroup/unified', 'tf1/a', '7:3', 500_000)).toEqual([
      { file: '/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device', value: '7:3 500000' },
      { file: '/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device', value: '7:3 500000' },
    ])
    expect(throttles('', '/sys/fs/cgroup', 'tf1/a', '7:3', 500_000)).toEqual([
      { file: '/sys/fs/cgroup/tf1/a/io.max', value: '7:3 rbps=500000 wbps=500000' },
    ])
    expect(throttles(v1, undefined, 'tf1/a', '7:3', undefined)[0]?.value).toBe('7:3 0')
  })

  it('is known by its device numbers, large ones too', () => {
    expect(deviceNumbers(0x703)).toBe('7:3')
    expect(deviceNumbers(0x100705)).toBe('7:261')
  })
})

describe('a proof', () => {
  it('is none where it would have been given before, too', () => {
    const proof = (host: string, took: boolean) => ({ host, took, measured: 'm', expected: 'e' })
    const before = [proof('a', true), proof('b', false)]
    expect(newly(before, [proof('a', true), proof('b', true)])).toEqual([
      { host: 'a', took: false, measured: 'm, but so it was before', expected: 'e' },
      proof('b', true),
    ])
  })
})

describe('what is owed', () => {
  const owed = (extra: Partial<Owed>): Owed => ({ id: '1', host: 'a', fault: { kind: 'cut', hosts: ['a'] }, since: '', ...extra })

  it('is due when its time is over, or its owner gone', () => {
    const timed = owed({ until: 1000 })
    const owned = owed({ owner: { pid: 7, started: '5' } })
    expect(due([owed({}), timed, owned], 999, () => true)).toEqual([])
    expect(due([owed({}), timed, owned], 1000, () => true)).toEqual([timed])
    expect(due([owed({}), timed, owned], 0, () => false)).toEqual([owned])
  })

  it('knows a process that was followed by another of the same number', () => {
    expect(lives(ownerOf())).toBe(true)
    expect(lives({ ...ownerOf(), started: '1' })).toBe(false)
    expect(lives({ pid: 2 ** 30, started: '1' })).toBe(false)
  })

  it('stays owed until the host is booted, where a boot has to end it', () => {
    const faults: Fault[] = [
      { kind: 'kill', hosts: ['a'], unit: 'kafka' },
      { kind: 'kill', hosts: ['b'] },
      { kind: 'power', hosts: ['c'] },
    ]
    expect(hostsToBoot(faults.map(fault => owed({ fault, host: fault.hosts[0] ?? '' })))).toEqual(['b', 'c'])
  })
})

describe('a unit', () => {
  it('is kept from starting, and let go', () => {
    expect(killUnitScript('kafka')).toContain('>/run/systemd/system/kafka.service.d/zz-fault.conf')
    expect(killUnitScript('kafka')).toContain('kill --signal=KILL kafka.service')
    expect(startUnitScript('a.timer')).toContain('rm -f /run/systemd/system/a.timer.d/zz-fault.conf')
  })

  it('sees another clock', () => {
    expect(wrongClockScript(60, undefined)).toContain("echo '+60' >/etc/faketimerc")
    expect(wrongClockScript(-60, 'kafka')).toContain("echo '-60' >/etc/faketimerc")
    expect(wrongClockScript(-60, 'kafka')).toContain('systemctl restart kafka.service')
  })
})
