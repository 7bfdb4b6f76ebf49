import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { figuresOf } from '../../../trials/figures.ts'
import { SampleReader, sampleOf, throttledNow } from '../../../trials/sample.ts'
import { samplerText } from '../../../trials/sampler.ts'

const round = (seconds: number, busy: number): string[] => [
  `/proc/stat:cpu  ${busy} 0 0 ${seconds * 400 - busy} 0 0 0 0 0 0`,
  `/proc/stat:cpu0 ${busy} 0 0 ${seconds * 100 - busy} 0 0 0 0 0 0`,
  ...[1, 2, 3].map(core => `/proc/stat:cpu${core} 0 0 0 ${seconds * 100} 0 0 0 0 0 0`),
  '/proc/meminfo:MemTotal:        1000000 kB',
  `/proc/meminfo:MemAvailable:     ${500000 - seconds} kB`,
  `/proc/vmstat:pgmajfault ${seconds * 3}`,
  '/proc/vmstat:pswpin 5',
  '/proc/vmstat:pswpout 7',
  // 10 writes of 8 sectors in 500 of 1000 ms, a second.
  `/proc/diskstats: 179       0 mmcblk0 0 0 0 0 ${10 * seconds} 0 ${80 * seconds} ${200 * seconds} 0 ${500 * seconds} ${200 * seconds} 0 0`,
  `/proc/net/dev:  eth0: ${1000 * seconds} 1 0 0 0 0 0 0 ${6_250_000 * seconds} 1 0 0 0 0 0 0`,
  '/proc/pressure/cpu:some avg10=0.00 avg60=0.00 avg300=0.00 total=0',
  '/proc/pressure/cpu:full avg10=0.00 avg60=0.00 avg300=0.00 total=0',
  `/sys/fs/cgroup/memory.pressure:some avg10=0.00 avg60=0.00 avg300=0.00 total=${seconds * 250_000}`,
  '/sys/class/thermal/thermal_zone0/temp:48312',
  '/sys/devices/platform/soc/soc:firmware/get_throttled:50005',
  'tcp 0      0           10.0.0.2:51516    10.0.0.9:3306',
  'tcp \t cubic wscale:7,7 rto:204 rtt:0.6/0.3 minrtt:0.25 rcv_rtt:1',
  'tcp 0      0      [::ffff:10.0.0.2]:22    [::ffff:10.0.0.1]:40000',
  'tcp \t cubic rto:204 rtt:3/1 minrtt:2',
]

test('two rounds of the kernel’s files become figures', () => {
  const samples = [sampleOf(round(1, 50), 100), sampleOf(round(11, 1050), 110)].flatMap(sample => sample ?? [])
  expect(samples.length).toBe(2)
  expect(figuresOf(samples, { eth0: 100e6 })).toEqual({
    cpu: 0.25,
    core: 1,
    cores: 4,
    disk: 0.5,
    io: 20,
    diskBytes: 10 * 8 * 512,
    memory: 1 - (500000 - 11) / 1000000,
    available: (500000 - 11) * 1024,
    net: 6_250_000,
    netShare: 0.5,
    waits: { cpu: 0, memory: 0.25 },
    faults: 3,
    swapped: 0,
    temperature: 48.312,
    throttled: ['under-voltage', 'throttled'],
    trips: { '10.0.0.9': 0.25, '10.0.0.1': 2 },
  })
})

test('one sample, none, and a host that tells nothing of its processor are no figures', () => {
  expect(figuresOf([], {})).toBeUndefined()
  expect(
    figuresOf(
      [sampleOf(round(1, 0), 1)].flatMap(sample => sample ?? []),
      {},
    ),
  ).toBeUndefined()
  expect(sampleOf(['/proc/meminfo:MemTotal: 1 kB'], 1)).toBeUndefined()
})

test('the firmware’s bits', () => {
  expect(throttledNow(0x50005)).toEqual(['under-voltage', 'throttled'])
  expect(throttledNow(0x50000)).toEqual([])
})

test('this machine’s own kernel is read by the text that runs on a Pi', () => {
  const { stdout, status } = spawnSync('bash', ['-c', samplerText(2)], { encoding: 'utf8' })
  expect(status).toBe(0)
  const reader = new SampleReader()
  const samples = stdout.split('\n').flatMap((line, index) => reader.take(line, index) ?? [])
  expect(samples.length).toBe(2)
  expect(samples[1]?.memory.total).toBeGreaterThan(2 ** 27)
  expect(Object.keys(samples[1]?.cpus ?? {}).length).toBeGreaterThan(1)
  expect(figuresOf(samples, reader.speeds)?.cpu).toBeGreaterThanOrEqual(0)
})

test('nobody reads any more: the text ends by itself', () => {
  const { status, signal } = spawnSync('bash', ['-c', `{ ${samplerText(60)} } | head -1`], { encoding: 'utf8', timeout: 15_000 })
  expect({ status, signal }).toEqual({ status: 0, signal: null })
})
