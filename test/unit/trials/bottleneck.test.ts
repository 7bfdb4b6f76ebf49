import { expect, test } from 'vitest'
import { bottlenecksOf, bottleneckText } from '../../../trials/bottleneck.ts'
import type { HostFigures } from '../../../trials/figures.ts'

const idle: HostFigures = {
  cpu: 0.2,
  core: 0.3,
  cores: 4,
  disk: 0.1,
  io: 2,
  diskBytes: 0,
  memory: 0.4,
  available: 600 * 2 ** 20,
  net: 1000,
  waits: { cpu: 0, io: 0, memory: 0 },
  faults: 0,
  swapped: 0,
  throttled: [],
  trips: {},
}
const said = (hosts: Readonly<Record<string, Partial<HostFigures>>>, latency = 10) =>
  bottleneckText(
    bottlenecksOf(
      Object.entries(hosts).map(([name, figures]) => ({ name, figures: { ...idle, ...figures } })),
      { latency, addresses: { '10.0.0.9': 'mysql', '10.0.0.2': 'producer1', '10.0.0.8': 'kafka1' }, stores: ['mysql'] },
    ),
  )

test.each<[string, Readonly<Record<string, Partial<HostFigures>>>, string]>([
  ['CPU of the store', { mysql: { cpu: 1, core: 1 }, producer1: {} }, 'mysql CPU 100 %'],
  ['CPU of a producer', { mysql: { cpu: 0.4 }, producer1: { cpu: 0.97, core: 1 } }, 'producer1 CPU 97 %'],
  ['one core of four', { mysql: { cpu: 0.3, core: 0.99 } }, 'mysql one core 99 % of one of 4 cores'],
  ['a board of one core', { mysql: { cpu: 0.96, core: 0.96, cores: 1 } }, 'mysql CPU 96 %'],
  ['disk', { mysql: { disk: 0.98, io: 320 } }, 'mysql disk 98 % busy, 320 ms a request'],
  ['network', { producer1: { netShare: 0.93 } }, 'producer1 network 93 % of what it carries'],
  [
    'memory before the disk and the processor, which are busy with reading programs again',
    { mysql: { disk: 1, cpu: 1, core: 1, available: 2 ** 22, waits: { memory: 0.6 } } },
    'mysql memory 4 MiB available, programs waited for it 60 % of the time; also mysql CPU 100 %, mysql disk 100 % busy, 2.0 ms a request',
  ],
  [
    'memory where the kernel counts no waiting',
    { mysql: { memory: 0.97, faults: 200, waits: {}, available: 2 ** 24 } },
    'mysql memory 16 MiB available, 200 pages a second come back from the disk',
  ],
  ['little memory that nobody waits for', { mysql: { memory: 0.97, waits: {} } }, 'nothing was full, more can be done'],
  [
    'the way of somebody else, which is longer than a reading takes',
    { far: { trips: { '10.0.0.9': 50 } } },
    'nothing was full, more can be done',
  ],
  [
    'the way there and back',
    { producer1: { trips: { '10.0.0.9': 8 } } },
    'producer1 round trip 8.0 ms to mysql and back, of 10 ms that a reading takes',
  ],
  [
    'the way to the store, and not a longer one of its agent to another',
    { producer1: { trips: { '10.0.0.8': 9, '10.0.0.9': 8 } } },
    'producer1 round trip 8.0 ms to mysql and back, of 10 ms that a reading takes',
  ],
  [
    'the way to one that settings do not name, where the store is near',
    { producer1: { trips: { '10.0.0.8': 9, '10.0.0.9': 1 } } },
    'producer1 round trip 9.0 ms to kafka1 and back, of 10 ms that a reading takes',
  ],
  ['a short way', { producer1: { trips: { '10.0.0.9': 1 } } }, 'nothing was full, more can be done'],
  ['a way to somebody else', { producer1: { trips: { '10.0.0.77': 9 } } }, 'nothing was full, more can be done'],
  [
    'the fullest first',
    { mysql: { disk: 0.92 }, producer1: { cpu: 1, core: 1 } },
    'producer1 CPU 100 %; also mysql disk 92 % busy, 2.0 ms a request',
  ],
])('%s', (_, hosts, text) => {
  expect(said(hosts)).toBe(text)
})
