import { expect, test } from 'vitest'
import { parse } from './roles.ts'

const text = `
fleet: notes
ssh: { identity: ~/.ssh/id_pi, knownHosts: ../known, keepalive: 20 }
vars: { store: { port: 1, database: fleet }, ring: { tokens: 8 } }
groups:
  first: { roles: [base, sender], user: one, vars: { store: { port: 2, limits: { connections: 5, idle: 1 } } }, lab: { memory: 1GiB, delay: 5 } }
  second: { roles: [sender, store], user: two, port: 2222, jump: gateway }
  empty:
hosts:
  gateway: { address: "fe80::1%eth0" }
  all-of-it:
    address: pi.home.arpa
    groups: [first, second]
    roles: [store, base]
    model: rpi1b
    os: bookworm
    arch: armhf
    sudoPassword: { secret: sudo/pi }
    vars: { store: { port: 3, limits: { idle: 9 } } }
    lab: { memory: 512MiB, cpu: 0.5, sudoPassword: lab }
`

test('a host holds what fleet, groups and itself say, the nearest winning', () => {
  const [gateway, host] = parse(text).hosts
  expect(host).toEqual({
    name: 'all-of-it',
    address: 'pi.home.arpa',
    port: 2222,
    user: 'two',
    jump: ['gateway'],
    model: 'rpi1b',
    os: 'bookworm',
    arch: 'armhf',
    groups: ['first', 'second'],
    roles: ['base', 'sender', 'store'],
    vars: { base: {}, sender: { every: 1, to: 'store' }, store: { port: 3, database: 'fleet', limits: { connections: 10, idle: 9 } } },
    sudoPassword: { secret: 'sudo/pi' },
    lab: { memory: 512 * 2 ** 20, delay: 5, cpu: 0.5, sudoPassword: 'lab' },
    stated: ['user', 'port', 'jump'],
    at: { file: 'hosts/pi.yaml', line: 11, column: 3 },
  })
  expect(gateway).toMatchObject({ user: 'pi', port: 22, jump: [], roles: [], stated: [] })
})

test('the fleet knows its groups and where its files are', () => {
  expect(parse(text)).toMatchObject({
    name: 'notes',
    file: '/project/hosts/pi.yaml',
    groups: ['first', 'second', 'empty'],
    ssh: { identity: '/home/pi/.ssh/id_pi', knownHosts: '/project/known', connectTimeout: 10, keepalive: 20 },
  })
})

test('a required variable may come from the fleet', () => {
  const fleet = parse('fleet: pi\nvars: {ring: {tokens: 8}}\nhosts:\n  a: {address: 10.0.0.1, roles: [ring]}')
  expect(fleet.hosts[0]?.vars).toEqual({ ring: { tokens: 8 } })
})

test('anchors and aliases work, with positions of what they stand for', () => {
  const fleet = parse('fleet: pi\nhosts:\n  a: {address: 10.0.0.1, lab: &small {memory: 512MiB}}\n  b: {address: 10.0.0.2, lab: *small}')
  expect(fleet.hosts.map(host => host.lab?.memory)).toEqual([2 ** 29, 2 ** 29])
})

test('one address behind different jumps is two machines', () => {
  const fleet = parse('fleet: pi\nhosts:\n  a: {address: 10.0.0.1, jump: x.example}\n  b: {address: 10.0.0.1, jump: y.example}')
  expect(fleet.hosts).toHaveLength(2)
})

test('50 hosts are parsed well below the time a person notices', () => {
  const hosts = Array.from(
    { length: 50 },
    (_, i) => `  p${i}: {address: 10.0.0.${i + 1}, roles: [base, store], vars: {store: {port: ${i + 1}}}}`,
  )
  expect(parse(`fleet: pi\nhosts:\n${hosts.join('\n')}`).hosts).toHaveLength(50)
})

test('one anchor serves a whole fleet, merge keys serve a host, and names that look like numbers stay as they are, in their order', () => {
  const hosts = Array.from({ length: 300 }, (_, i) => `  p${i}: {address: 10.0.${i >> 7}.${(i & 127) + 1}, vars: *common}`)
  expect(parse(`fleet: pi\nvars: &common {store: {port: 7}}\nhosts:\n${hosts.join('\n')}`).hosts).toHaveLength(300)
  const merged = parse(
    'fleet: pi\nhosts:\n  a: &a {address: 10.0.0.1, user: me, model: rpi3b}\n  1e3: {<<: *a, address: 10.0.0.2}\n  0b1: {address: 10.0.0.3}',
  )
  expect(merged.hosts.map(({ name, user, model }) => [name, user, model])).toEqual([
    ['a', 'me', 'rpi3b'],
    ['1e3', 'me', 'rpi3b'],
    ['0b1', 'pi', undefined],
  ])
})
