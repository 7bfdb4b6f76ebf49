import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { project, start, temporary } from './project.ts'

const escape = '\u001b['
const hosts = (file: string) => join(project, 'hosts', file)

describe.each(['lab', 'secret', 'fleet'])('%s', command => {
  it('explains itself with examples', () => {
    const { code, stdout, stderr } = start(command, ['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: ${command} `)
    expect(stdout).toMatch(/Examples:\n {2}\S/)
    expect(stdout).not.toContain(escape)
  })

  it('says what an unknown option may have been', () => {
    expect(start(command, ['--inventry', 'x'])).toEqual({
      code: 64,
      stdout: '',
      stderr: "error: unknown option '--inventry'\nhint: did you mean --inventory?\n",
    })
  })

  it('alone prints its help as an error', () => {
    const { code, stdout, stderr } = start(command, [])
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain('Usage:')
  })
})

test('an unknown command, too many arguments and a wrong choice are wrong use', () => {
  expect(start('lab', ['stat'])).toMatchObject({ code: 64, stderr: "error: unknown command 'stat'\nhint: did you mean status?\n" })
  expect(start('lab', ['down', 'x']).code).toBe(64)
  expect(start('lab', ['fault', 'frezze', 'x']).code).toBe(64)
})

test('colours are for terminals that want them', () => {
  expect(start('lab', ['--help'], { env: { FORCE_COLOR: '1' } }).stdout).toContain(escape)
  expect(start('lab', ['--help'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout).not.toContain(escape)
  expect(start('lab', ['--nonsense'], { env: { FORCE_COLOR: '1' } }).stderr).toContain(escape)
})

test('without an inventory a command does nothing and says so', () => {
  const cwd = temporary()
  const { code, stdout, stderr } = start('fleet', ['list'], { cwd })
  expect({ code, stdout }).toEqual({ code: 65, stdout: '' })
  expect(stderr).toMatch(/^error: there is no inventory.*\nhint: .*--inventory FILE/)
  const json = JSON.parse(start('fleet', ['list', '--json'], { cwd }).stderr) as { readonly error: string; readonly hint: string }
  expect(json.error).toContain('there is no inventory')
})

test('an inventory is checked without asking a Pi', () => {
  const cwd = temporary()
  writeFileSync(join(cwd, 'right.yaml'), 'fleet: x\nhosts:\n  a: { address: 10.0.0.1, roles: [base] }\n')
  expect(start('fleet', ['check', '--inventory', 'right.yaml'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'right.yaml: the fleet x of 1 host; nothing is wrong with it\n',
  })
  writeFileSync(join(cwd, 'right.yaml'), 'fleet: x\n')
  expect(start('fleet', ['check', '--inventory', 'right.yaml'], { cwd }).code).toBe(65)
})

test('a role that a named host has not is wrong use, not a run that does nothing', () => {
  const cwd = temporary()
  writeFileSync(join(cwd, 'fleet.yaml'), 'fleet: x\nhosts:\n  a: { address: 10.0.0.1, roles: [base] }\n  b: { address: 10.0.0.2 }\n')
  const refused = (...args: string[]) => start('provision', ['--inventory', 'fleet.yaml', '--check', ...args], { cwd })
  expect(refused('a', '--role', 'exporters')).toMatchObject({
    code: 64,
    stderr: 'error: a has not the role exporters\nhint: its roles: base\n',
  })
  expect(refused('--role', 'exporters')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('none of these hosts has the role exporters') as string,
  })
})

test('a mistake in an inventory is shown where it stands', () => {
  const file = join(temporary(), 'wrong.yaml')
  writeFileSync(file, 'fleet: x\nhosts:\n  a: { adress: 10.0.0.1 }\n')
  const { code, stderr } = start('fleet', ['list', '--inventory', file])
  expect(code).toBe(65)
  expect(stderr).toContain('wrong.yaml:3:8: ')
  expect(stderr).toContain('  a: { adress')
  expect(JSON.parse(start('fleet', ['list', '--json'], { env: { FLEET_INVENTORY: file } }).stderr)).toMatchObject({
    problems: [
      { line: 3, column: 3 },
      { line: 3, column: 8, hint: 'did you mean "address"?' },
    ],
  })
})

test('fleet list gives hosts as data, and those that are asked for', () => {
  const all = JSON.parse(start('fleet', ['list', '--json', '--inventory', hosts('pi.yaml')]).stdout) as readonly { readonly name: string }[]
  expect(all.map(({ name }) => name)).toEqual(['producer1', 'producer2', 'producer3', 'producer4', 'consumer1', 'mysql', 'cassandra2'])
  expect(all[0]).toMatchObject({
    address: '192.168.1.21',
    model: 'rpi1b',
    groups: ['producers'],
    roles: ['base', 'exporters', 'collector'],
  })

  const { stdout } = start('fleet', ['list', 'mysql', '--inventory', hosts('pi.yaml')])
  expect(stdout).toMatch(/^HOST +ADDRESS +MODEL +ROLES +GROUPS\nmysql +192\.168\.1\.90 +rpi2b +/)
  expect(start('fleet', ['list', 'mysq', '--inventory', hosts('pi.yaml')])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('hint: did you mean "mysql"?') as string,
  })
})

test('a reader that leaves is no failure', () => {
  const command = `"${process.execPath}" "${join(project, 'scripts/bin/fleet.mjs')}" list --json --inventory "${hosts('pi.yaml')}" | true; exit \${PIPESTATUS[0]}`
  expect(spawnSync('bash', ['-c', command], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('secrets are set from standard input, listed without values, shown and rotated', () => {
  const folder = temporary()
  const file = join(folder, 'mine.yaml')
  writeFileSync(file, 'fleet: mine\nhosts: {}\n')
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), FLEET_INVENTORY: file }
  expect(start('secret', ['set', 'db/root'], { env, input: 'correct horse\n' })).toMatchObject({ code: 0, stdout: '' })
  expect(start('secret', ['show', 'db/root'], { env }).stdout).toBe('correct horse\n')
  expect(JSON.parse(start('secret', ['list', '--json'], { env }).stdout)).toMatchObject([{ name: 'db/root' }])
  expect(start('secret', ['list'], { env }).stdout).not.toContain('horse')
  expect(start('secret', ['rotate', 'db/root'], { env })).toMatchObject({ code: 0, stdout: '' })
  expect(start('secret', ['show', 'db/root'], { env }).stdout).not.toContain('horse')
  expect(start('secret', ['show', 'db/rot'], { env })).toMatchObject({
    code: 1,
    stderr: 'error: there is no secret "db/rot"\nhint: did you mean "db/root"?\n',
  })
})

test('completion knows commands, choices, roles and the hosts of the inventory', () => {
  const ask = (command: string, ...words: string[]) =>
    start(command, ['__complete', '--', ...words], { env: { FLEET_INVENTORY: hosts('lab.yaml') } })
      .stdout.split('\n')
      .map(line => line.split('\t')[0])
  expect(ask('lab', 'st')).toEqual(['status', ''])
  expect(ask('lab', 'fault', 'sl')).toEqual(['slow-disk', 'slow-cpu', ''])
  expect(ask('lab', 'ssh', 'prod')).toEqual(['producer1', 'producer2', ''])
  expect(ask('fleet', 'list', 'producers')).toEqual(['producers', ''])
  expect(ask('provision', '--role', 'ca')).toEqual(['cassandra', ''])
  expect(ask('provision', '--purge-data', 'mar')).toEqual(['mariadb', ''])
  expect(ask('rebalance', '--remove', 'prod')).toEqual(['producer1', 'producer2', ''])
  for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
    expect(start('lab', ['completion', shell]).stdout).toContain('lab __complete --')
  expect(spawnSync('bash', ['-n'], { input: start('lab', ['completion', 'bash']).stdout }).status).toBe(0)
})

test('hosts that failed the last time can be run alone, and seen before', () => {
  const cwd = temporary()
  writeFileSync(
    join(cwd, 'fleet.yaml'),
    'fleet: x\nssh: { identity: none, knownHosts: none }\nhosts:\n  a: { address: 127.0.0.1, port: 1 }\n  b: { address: 127.0.0.1, port: 2 }\n',
  )
  const provision = (...args: string[]) =>
    start('provision', ['--inventory', 'fleet.yaml', ...args], { cwd, env: { FLEET_IDENTITY: join(cwd, 'identity') } })
  expect(provision('--failed')).toMatchObject({ code: 0, stdout: '', stderr: 'None of these hosts failed in its last run.\n' })
  expect(provision('a').code).toBe(1)
  expect(provision('--failed', '--list')).toMatchObject({ code: 0, stdout: 'a\n' })
  expect(provision('--list').stdout).toBe('a\nb\n')
})

test('logs are those of one host, and of roles that it has', () => {
  const cwd = temporary()
  writeFileSync(
    join(cwd, 'fleet.yaml'),
    'fleet: x\nhosts:\n  a: { address: 10.0.0.1, roles: [base, exporters] }\n  b: { address: 10.0.0.2 }\n',
  )
  const refused = (...args: string[]) => start('fleet', ['logs', '--inventory', 'fleet.yaml', ...args], { cwd })
  expect(refused('all')).toMatchObject({ code: 64, stderr: expect.stringContaining('all is more than one host') as string })
  expect(refused('a', 'mariadb')).toMatchObject({
    code: 64,
    stderr: 'error: a has not the role mariadb\nhint: its roles: base, exporters\n',
  })
  expect(refused('b')).toMatchObject({ code: 64, stderr: expect.stringContaining('no role of b has units') as string })
  expect(refused('a', '--lines', 'many').code).toBe(64)
})

test('a page that is open to the network is told, and none is opened that there is not', () => {
  const cwd = temporary()
  writeFileSync(join(cwd, 'fleet.yaml'), 'fleet: x\nhosts:\n  a: { address: 10.0.0.1, roles: [base, prometheus] }\n')
  const open = (...args: string[]) => start('fleet', ['open', '--inventory', 'fleet.yaml', ...args], { cwd })
  expect(open('prometheus')).toMatchObject({ code: 0, stdout: 'Prometheus on a: http://10.0.0.1:9090/\n' })
  expect(open('prometheus', '--json')).toMatchObject({ code: 0, stdout: '{"host":"a","url":"http://10.0.0.1:9090/"}\n' })
  expect(open('flink')).toMatchObject({
    code: 64,
    stderr: 'error: no role flink of this fleet has a page\nhint: those that have: prometheus\n',
  })
  expect(open('prometheus', 'b').code).toBe(64)
  expect(open('prometheus', '--port', 'many').code).toBe(64)
})

test('a report says what is wrong with its command line before it asks anybody', () => {
  const cwd = temporary()
  writeFileSync(join(cwd, 'fleet.yaml'), 'fleet: x\nhosts:\n  a: { address: 10.0.0.1, roles: [base] }\n')
  const report = (...args: string[]) => start('report', ['--inventory', 'fleet.yaml', ...args], { cwd })
  expect(report('--since', 'yesterday')).toMatchObject({ code: 64, stderr: expect.stringContaining('--since wants a time') as string })
  expect(report('--from', 'http://anna:secret@pi:9090')).toMatchObject({
    code: 64,
    stderr: expect.not.stringContaining('secret') as string,
  })
  expect(report()).toMatchObject({ code: 1, stderr: expect.stringContaining('neither a Prometheus nor a database') as string })
  expect(start('report', ['__complete', '--', '--since', '7']).stdout).toBe('7d\ta week\n')
})

test('what an inventory holds commands no terminal, whatever of it is shown', () => {
  const inventory = join(temporary(), 'pi.yaml')
  const evil = '\u001b[2J\u001b]0;owned\u0007\u009b2J'
  writeFileSync(
    inventory,
    `fleet: pi
hosts:
  one: { address: "10.0.0.1${'\\e'}[2J", "us${'\\e'}]0;owned${'\\a'}er": pi, roles: ["ba${'\\e'}[2Jse"] } # ${evil}
  "tw${'\\e'}[2Jo": { address: 10.0.0.2 } # ${evil}
`,
  )
  for (const args of [['check'], ['list'], ['check', '--json']]) {
    const { code, stdout, stderr } = start('fleet', [...args, '--inventory', inventory])
    expect(code).toBe(65)
    expect(stdout + stderr).not.toMatch(/[\u001b\u009b\u0007]/)
    expect(stdout + stderr).toContain('10.0.0.1')
  }
})
