import { expect, test } from 'vitest'
import { refusal } from './roles.ts'

const lines = (...text: string[]): string => text.join('\n')
/** A whole file around the lines of `hosts:`. */
const hosts = (...text: string[]): string => lines('fleet: pi', 'hosts:', ...text)

test('an unknown key, shown with its line and a caret', () => {
  expect(refusal(hosts('  a:', '    adress: 10.0.0.1'))).toBe(
    lines(
      'hosts/pi.yaml:3:3: missing key "address"',
      '  3 |   a:',
      '    |   ^',
      'hosts/pi.yaml:4:5: unknown key "adress"',
      '  4 |     adress: 10.0.0.1',
      '    |     ^',
      '  did you mean "address"?',
    ),
  )
})

test('a caret stands right behind tabs and in files with CRLF', () => {
  expect(refusal('fleet: pi\r\nhosts:\r\n  a: {\taddress: 10.0.0.1, usr: pi}\r\n')).toBe(
    lines(
      'hosts/pi.yaml:3:27: unknown key "usr"',
      '  3 |   a: {\taddress: 10.0.0.1, usr: pi}',
      '    |       \t                   ^',
      '  did you mean "user"?',
    ),
  )
})

/** Headline and hint, without the source line: its look is checked above. */
const told = (text: string): string[] =>
  refusal(text)
    .split('\n')
    .filter(line => !/^ +\d* \|/.test(line))

const one = '{address: 10.0.0.1}'

test.each<[string, string, string[]]>([
  [
    'an unknown key nothing is like',
    hosts('  a: {address: 10.0.0.1, banana: 1}'),
    [
      'hosts/pi.yaml:3:26: unknown key "banana"',
      '  keys here: address, groups, user, port, jump, model, os, arch, roles, vars, sudoPassword, lab, firstBoot',
    ],
  ],
  [
    'an unknown outermost key',
    lines('fleet: pi', 'host:', `  a: ${one}`),
    ['hosts/pi.yaml:1:1: missing key "hosts"', 'hosts/pi.yaml:2:1: unknown key "host"', '  did you mean "hosts"?'],
  ],
  [
    'an unknown key inside lab',
    hosts('  a: {address: 10.0.0.1, lab: {memroy: 1GiB}}'),
    ['hosts/pi.yaml:3:32: unknown key "memroy"', '  did you mean "memory"?'],
  ],
  ['text where a number belongs', hosts('  a: {address: 10.0.0.1, port: ssh}'), ['hosts/pi.yaml:3:32: port must be a number, not "ssh"']],
  [
    'a number where text belongs',
    hosts('  a: {address: 10.1}'),
    ['hosts/pi.yaml:3:16: address must be text, not the number 10.1', '  in quotes it is text: "10.1"'],
  ],
  ['a port too large', hosts('  a: {address: 10.0.0.1, port: 70000}'), ['hosts/pi.yaml:3:32: port must be at most 65535, not 70000']],
  [
    'a list of roles with a number in it',
    hosts('  a: {address: 10.0.0.1, roles: [base, 7]}'),
    ['hosts/pi.yaml:3:40: roles[1] must be text, not the number 7', '  in quotes it is text: "7"'],
  ],
  ['text where a list belongs', hosts('  a: {address: 10.0.0.1, roles: base}'), ['hosts/pi.yaml:3:33: roles must be a list, not "base"']],
  ['an empty value', hosts('  a: {address: 10.0.0.1}', '  b:', '    address:'), ['hosts/pi.yaml:5:5: address must be text, not nothing']],
  [
    'a jump that is a map',
    hosts('  a: {address: 10.0.0.1, jump: {}}'),
    ['hosts/pi.yaml:3:32: jump must be a host to hop through, or a list of them'],
  ],
  ['a host that is text', hosts('  a: 10.0.0.1'), ['hosts/pi.yaml:3:6: a must be a map of keys, not "10.0.0.1"']],
  ['a host with nothing', hosts('  a:'), ['hosts/pi.yaml:3:3: missing key "address"']],
  ['hosts that are a list', lines('fleet: pi', 'hosts: [a]'), ['hosts/pi.yaml:2:8: hosts must be a map of keys, not a list']],
  ['no hosts', lines('fleet: pi', 'hosts: {}'), ['hosts/pi.yaml:2:1: there are no hosts in it']],
  ['no fleet name', lines('hosts:', `  a: ${one}`), ['hosts/pi.yaml:1:1: missing key "fleet"']],
  [
    'a bad fleet name',
    lines('fleet: My Pis', 'hosts:', `  a: ${one}`),
    ['hosts/pi.yaml:1:8: fleet must be a short name of lower-case letters, digits and hyphens'],
  ],
  [
    'an unknown release',
    hosts('  a: {address: 10.0.0.1, os: bookwrom}'),
    ['hosts/pi.yaml:3:30: os must be one of bookworm, trixie, not "bookwrom"', '  did you mean "bookworm"?'],
  ],
  [
    'an architecture the model lacks',
    hosts('  a: {address: 10.0.0.1, model: rpi1b, arch: arm64}'),
    ['hosts/pi.yaml:3:46: a rpi1b cannot run arm64', '  it runs armhf'],
  ],
  [
    'a memory size',
    hosts('  a: {address: 10.0.0.1, lab: {memory: 512MB}}'),
    ['hosts/pi.yaml:3:40: memory is not a memory size: "512MB"; write it like 512MiB or 1GiB'],
  ],
  [
    'a memory size without its unit',
    hosts('  a: {address: 10.0.0.1, lab: {memory: 512}}'),
    ['hosts/pi.yaml:3:40: memory is not a memory size: 512; write it like 512MiB or 1GiB'],
  ],
  [
    'a list as a memory size',
    hosts('  a: {address: 10.0.0.1, lab: {memory: []}}'),
    ['hosts/pi.yaml:3:40: memory must be a memory size like 512MiB or 1GiB'],
  ],
  [
    'an unknown role',
    hosts('  a: {address: 10.0.0.1, roles: [base, stroe]}'),
    ['hosts/pi.yaml:3:40: unknown role "stroe"', '  did you mean "store"?'],
  ],
  [
    'an unknown role of a group',
    lines('fleet: pi', 'groups:', '  g: {roles: [database]}', 'hosts:', `  a: ${one}`),
    ['hosts/pi.yaml:3:15: unknown role "database"', '  there is: base, store, ring, sender'],
  ],
  [
    'an unknown group',
    lines('fleet: pi', 'groups: {producers: }', 'hosts:', '  a: {address: 10.0.0.1, groups: [producer]}'),
    ['hosts/pi.yaml:4:35: unknown group "producer"', '  did you mean "producers"?'],
  ],
  [
    'a group where there are none',
    hosts('  a: {address: 10.0.0.1, groups: [g]}'),
    ['hosts/pi.yaml:3:35: unknown group "g"', '  there is no group yet'],
  ],
  [
    'an unknown jump',
    hosts('  gateway: {address: 10.0.0.1}', '  a: {address: 10.0.0.2, jump: gatway}'),
    ['hosts/pi.yaml:4:32: unknown host "gatway" to jump through', '  did you mean "gateway"?'],
  ],
  [
    'an unknown jump in a list, like nothing',
    hosts('  a: {address: 10.0.0.2, jump: [me@gw.example, bastion]}'),
    ['hosts/pi.yaml:3:48: unknown host "bastion" to jump through', '  a host that is not in this file is written user@host or host:port'],
  ],
  [
    'a jump that would be an option',
    hosts('  a: {address: 10.0.0.2, jump: "-oProxyCommand=x.y"}'),
    ['hosts/pi.yaml:3:32: bad jump "-oProxyCommand=x.y"', '  write it as [user@]host[:port], an IPv6 address in brackets'],
  ],
  [
    'one host name twice',
    hosts(`  a: ${one}`, '  a: {address: 10.0.0.2}'),
    ['hosts/pi.yaml:4:3: host "a" is here twice', '  the first one is on line 3'],
  ],
  [
    'one name twice, as a number and as a text',
    hosts(`  7a: ${one}`, '  "7a": {address: 10.0.0.2}'),
    ['hosts/pi.yaml:4:3: host "7a" is here twice', '  the first one is on line 3'],
  ],
  [
    '7 and "7"',
    hosts(`  7: ${one}`, '  "7": {address: 10.0.0.2}'),
    [
      'hosts/pi.yaml:4:3: host "7" is here twice',
      '  the first one is on line 3',
      'hosts/pi.yaml:4:3: bad host name "7": programs take a number for an address',
      '  "pi-7" would do',
    ],
  ],
  [
    'a number as a name, as it is written',
    hosts(`  007: ${one}`, '  0x1F: {address: 10.0.0.2}'),
    [
      'hosts/pi.yaml:3:3: bad host name "007": programs take a number for an address',
      '  "pi-007" would do',
      'hosts/pi.yaml:4:3: bad host name "0x1F": programs take a number for an address',
      '  "pi-0x1f" would do',
    ],
  ],
  [
    'an anchor that is not there',
    lines('fleet: pi', 'vars: &common {}', 'hosts:', '  a: {address: 10.0.0.1, vars: *comon}'),
    ['hosts/pi.yaml:4:32: there is no anchor "&comon" above it', '  did you mean "common"?'],
  ],
  [
    'one key twice',
    hosts('  a: {address: 10.0.0.1, user: x, user: y}'),
    ['hosts/pi.yaml:3:35: key "user" is here twice', '  the first one is on line 3'],
  ],
  [
    'two hosts with one address',
    hosts(`  a: ${one}`, '  b: {address: 10.0.0.1, port: 22}'),
    ['hosts/pi.yaml:4:16: address 10.0.0.1 port 22 belongs to host "a" already', '  see line 3'],
  ],
  [
    'a circle of jumps',
    hosts('  a: {address: 10.0.0.1, jump: b}', '  b: {address: 10.0.0.2, jump: c}', '  c: {address: 10.0.0.3, jump: a}'),
    ['hosts/pi.yaml:3:32: jumps go round in a circle: a → b → c → a'],
  ],
  [
    'a gateway in the group that hops through it',
    lines('fleet: pi', 'groups: {g: {jump: gw}}', 'hosts:', '  gw: {address: 10.0.0.1, groups: [g]}'),
    ['hosts/pi.yaml:4:3: jumps go round in a circle: gw → gw', '  its group says so; "jump: []" at the host means it is reached directly'],
  ],
  [
    'a bad host name',
    hosts(`  Pi_1: ${one}`),
    ['hosts/pi.yaml:3:3: bad host name "Pi_1": lower-case letters, digits and hyphens only, at most 63', '  "pi-1" would do'],
  ],
  ['a host called all', hosts(`  all: ${one}`), ['hosts/pi.yaml:3:3: "all" is no host name: it already means every host']],
  [
    'a prototype name',
    hosts('  __proto__: {address: 10.0.0.9}', `  a: ${one}`),
    ['hosts/pi.yaml:3:3: bad host name "__proto__": lower-case letters, digits and hyphens only, at most 63', '  "proto" would do'],
  ],
  [
    'a host and a group of one name',
    lines('fleet: pi', 'groups: {a: }', 'hosts:', `  a: ${one}`),
    ['hosts/pi.yaml:4:3: "a" is both a host and a group', '  rename one of them'],
  ],
  [
    'a bad IP address',
    hosts('  a: {address: 192.168.1.300}'),
    ['hosts/pi.yaml:3:16: address is neither an IP address nor a DNS name: "192.168.1.300"'],
  ],
  [
    'a bad DNS name',
    hosts('  a: {address: pi@home}'),
    ['hosts/pi.yaml:3:16: address is neither an IP address nor a DNS name: "pi@home"; write address: home, user: pi'],
  ],
  [
    'two sources of a password',
    hosts('  a: {address: 10.0.0.1, sudoPassword: {env: A, secret: b}}'),
    ['hosts/pi.yaml:3:40: sudoPassword needs exactly one of env, command and secret'],
  ],
  [
    'conflicting roles',
    hosts('  a: {address: 10.0.0.1, roles: [store, ring], vars: {ring: {tokens: 1}}}'),
    ['hosts/pi.yaml:3:41: roles store and ring cannot be on one host, and "a" has both', '  take one of them away'],
  ],
  [
    'conflicting roles, one from a group',
    lines(
      'fleet: pi',
      'vars: {ring: {tokens: 1}}',
      'groups: {g: {roles: [ring]}}',
      'hosts:',
      '  a: {address: 10.0.0.1, groups: [g], roles: [store]}',
    ),
    ['hosts/pi.yaml:5:47: roles ring and store cannot be on one host, and "a" has both', '  take one of them away'],
  ],
  [
    'an unknown variable',
    hosts('  a: {address: 10.0.0.1, roles: [store], vars: {store: {databse: x}}}'),
    ['hosts/pi.yaml:3:57: unknown variable "databse"', '  did you mean "database"?'],
  ],
  [
    'an unknown variable of a strict schema, once',
    hosts('  a: {address: 10.0.0.1, roles: [sender], vars: {sender: {evry: 2}}}'),
    ['hosts/pi.yaml:3:59: unknown variable "evry"', '  did you mean "every"?'],
  ],
  [
    'an unknown variable inside another',
    hosts('  a: {address: 10.0.0.1, roles: [store], vars: {store: {limits: {idel: 1}}}}'),
    ['hosts/pi.yaml:3:66: unknown variable "idel"', '  did you mean "idle"?'],
  ],
  [
    'a wrong variable, inside another',
    hosts('  a: {address: 10.0.0.1, roles: [store], vars: {store: {limits: {idle: no}}}}'),
    ['hosts/pi.yaml:3:72: idle must be a number, not "no"'],
  ],
  [
    'a wrong variable of the fleet, told once',
    lines(
      'fleet: pi',
      'vars: {store: {port: 0}}',
      'hosts:',
      '  a: {address: 10.0.0.1, roles: [store]}',
      '  b: {address: 10.0.0.2, roles: [store]}',
    ),
    ['hosts/pi.yaml:2:22: port must be at least 1, not 0'],
  ],
  [
    'a wrong variable no host uses',
    lines('fleet: pi', 'vars: {ring: {tokens: 1.5}}', 'hosts:', `  a: ${one}`),
    ['hosts/pi.yaml:2:23: tokens must be a whole number, not the number 1.5'],
  ],
  [
    'variables of an unknown role',
    lines('fleet: pi', 'vars: {stoer: {port: 1}}', 'hosts:', `  a: ${one}`),
    ['hosts/pi.yaml:2:8: unknown role "stoer"', '  did you mean "store"?'],
  ],
  [
    'a required variable nobody gives',
    hosts('  a:', '    address: 10.0.0.1', '    roles: [ring]'),
    [
      'hosts/pi.yaml:3:3: role ring needs the variable "tokens" on host "a"',
      '  give it under vars: ring: at the host, one of its groups or the fleet',
    ],
  ],
  ['a text instead of a map', 'just words', ['hosts/pi.yaml:1:1: an inventory is a map of keys (fleet, hosts, …), not "just words"']],
  ['a tab as indentation', 'fleet: pi\nhosts:\n\ta: 1', ['hosts/pi.yaml:3:1: not valid YAML: tabs are not allowed as indentation']],
  ['an empty file', '', ['hosts/pi.yaml is empty', '  hosts/lab.yaml of this project is an example to start from']],
  ['a file of comments', '# nothing yet\n', ['hosts/pi.yaml is empty', '  hosts/lab.yaml of this project is an example to start from']],
])('%s', (_, text, expected) => expect(told(text)).toEqual(expected))

test('many mistakes: the first ten, and how many more', () => {
  const shown = told(hosts(...Array.from({ length: 13 }, (_, i) => `  a${i}: {address: 10.0.0.${i + 1}, usr: x}`)))
  expect([shown.filter(line => line.includes('unknown key')).length, shown.at(-1)]).toEqual([10, 'and 3 more mistakes: mend these first'])
})

test.each([
  ['pi@10.0.0.4', 'write address: 10.0.0.4, user: pi'],
  ['10.0.0.3:2222', 'write address: 10.0.0.3, port: 2222'],
  ['"me@[fe80::1]:22"', 'write address: fe80::1, user: me, port: 22'],
])('the address %s tells what was meant', (text, advice) => {
  expect(told(hosts(`  a: {address: ${text}}`))[0]).toMatch(new RegExp(`is neither an IP address nor a DNS name: .*; ${advice}$`))
})

test('a second document', () => {
  expect(told(`${hosts(`  a: ${one}`)}\n---\nfleet: b\n`)[0]).toBe(
    'hosts/pi.yaml:4:1: a second document begins here: an inventory is one, and another fleet a file of its own',
  )
})

test('an unknown model', () => {
  expect(told(hosts('  a: {address: 10.0.0.1, model: rpi5}')).at(-1)).toMatch(/^ {2}which one: rpi5-2g, .*rpi5-16g\?$/)
  expect(told(hosts('  a: {address: 10.0.0.1, model: rpi3b-}')).at(-1)).toMatch(/^ {2}did you mean "rpi3b/)
  expect(told(hosts('  a: {address: 10.0.0.1, model: rpi33}'))[0]).toMatch(
    /^hosts\/pi\.yaml:3:33: model must be one of rpi1b, .*, not "rpi33"$/,
  )
})

test('every syntax error that YAML recovers from is told, each with its place', () => {
  const text = hosts('  a: {address: "10.0.0.1}', '  b: [')
  expect(told(text)[0]).toMatch(/^hosts\/pi\.yaml:\d+:\d+: not valid YAML: missing closing/)
})

test('all problems at once, in the order of the file', () => {
  const text = lines(
    'fleet: pi',
    'groups:',
    '  g: {roles: [bse]}',
    'hosts:',
    '  a: {address: 10.0.0.300, prot: 22}',
    '  b: {address: 10.0.0.2, jump: c}',
  )
  expect(told(text).filter(line => !line.startsWith(' '))).toEqual([
    'hosts/pi.yaml:3:15: unknown role "bse"',
    'hosts/pi.yaml:5:16: address is neither an IP address nor a DNS name: "10.0.0.300"',
    'hosts/pi.yaml:5:28: unknown key "prot"',
    'hosts/pi.yaml:6:32: unknown host "c" to jump through',
  ])
})

test.each([
  ['as it is', '    sudoPassword: hush-hush'],
  ['in quotes', '    sudoPassword: "hush-hush"'],
  ['a number', '    sudoPassword: 4711'],
  ['in a flow map', '    lab: {sudoPassword: [hush-hush, 4711]}'],
  ['with a mistake behind it', '    vars: {base: {password: hush-hush, jornal: 4711}}'],
  ['under a name that is not known', '    sudo_password: hush-hush'],
  ['on a line of its own', '    sudoPassword:\n      hush-hush'],
  ['as a block', '    sudoPassword: |\n      hush-hush'],
  ['in what is no YAML', '    sudoPassword: hush-hush: 4711'],
])('a password that is written in the file is in no error: %s', (_, line) => {
  const said = refusal(hosts('  a:', '    address: 10.0.0.1', line))
  expect(said).toMatch(/^hosts\/pi\.yaml:\d+:\d+: /)
  expect(said).not.toMatch(/hush|4711/)
})

test('it is told what to write instead', () => {
  expect(refusal(hosts('  a: {address: 10.0.0.1, sudoPassword: hush-hush}'))).toBe(
    lines(
      'hosts/pi.yaml:3:40: sudoPassword must not be the password itself',
      '  3 |   a: {address: 10.0.0.1, sudoPassword: **********',
      '    |                                        ^',
      '  say where it comes from: { command: pass show pi }, { env: NAME } or { secret: NAME }; without the key you are asked',
    ),
  )
})

test('where it comes from is no secret, and is shown', () => {
  expect(refusal(hosts('  a: {address: 10.0.0.1, sudoPassword: {command: pass show pi, env: A}}'))).toContain(
    '{command: pass show pi, env: A}',
  )
})
