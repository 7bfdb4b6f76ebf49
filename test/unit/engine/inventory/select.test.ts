import { expect, test } from 'vitest'
import { UsageError } from '../../../../engine/errors.ts'
import { selectHosts } from '../../../../engine/inventory/select.ts'
import { parse } from './roles.ts'

const fleet = parse(`
fleet: pi
groups: { producers: , consumers: , idle: }
hosts:
  producer1: { address: 10.0.0.1, groups: [producers] }
  producer2: { address: 10.0.0.2, groups: [producers] }
  producer3: { address: 10.0.0.3, groups: [producers] }
  store: { address: 10.0.0.4, groups: [consumers] }
`)

test.each([
  [[], 'producer1 producer2 producer3 store'],
  [['all'], 'producer1 producer2 producer3 store'],
  [['store', 'producer1', 'store'], 'producer1 store'],
  [['consumers'], 'store'],
  [['producer*'], 'producer1 producer2 producer3'],
  [['producer?'], 'producer1 producer2 producer3'],
  [['producer[13]'], 'producer1 producer3'],
  [['*[!12]'], 'producer3 store'],
  [['producers', '!producer3'], 'producer1 producer2'],
  [['!producers'], 'store'],
  [['!producer2', 'all'], 'producer1 producer3 store'],
])('%j selects %s', (patterns, names) =>
  expect(
    selectHosts(fleet, patterns)
      .map(host => host.name)
      .join(' '),
  ).toBe(names),
)

test.each<[string[], string, string | undefined]>([
  [['producr1'], 'no host or group "producr1" in fleet pi', 'did you mean "producer1"?'],
  [['consumer'], 'no host or group "consumer" in fleet pi', 'did you mean "consumers"?'],
  [['!stroe', 'all'], 'no host or group "stroe" in fleet pi', 'did you mean "store"?'],
  [
    ['x*', 'y'],
    'no host or group "x*" in fleet pi; no host or group "y" in fleet pi',
    'hosts: producer1, producer2, producer3, store; groups: producers, consumers, idle',
  ],
  [['idle'], 'group "idle" has no hosts', 'hosts: producer1, producer2, producer3, store'],
  [['store', '!consumers'], 'no host is left of store !consumers', undefined],
  [['[z-a]'], 'no host or group "[z-a]" in fleet pi', 'hosts: producer1, producer2, producer3, store; groups: producers, consumers, idle'],
])('%j is refused', (patterns, message, hint) => {
  const select = (): unknown => selectHosts(fleet, patterns)
  expect(select).toThrow(UsageError)
  expect(select).toThrow(expect.objectContaining({ message, hint }))
})
