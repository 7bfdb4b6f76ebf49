import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, start, temporary } from './project.ts'

const offline = (cwd: string, ...args: string[]) => start('fleet', ['init', '--offline', ...args], { cwd })

test('an inventory is written that the other commands take, and the next command is told', () => {
  const cwd = temporary()
  expect(offline(cwd, '--host', 'a=10.0.0.1', '--host', 'b=anna@b.local:2222', '--user', 'otto')).toEqual({
    code: 0,
    stdout: 'hosts/pi.yaml: 2 hosts\nnext: provision --check\n',
    stderr: '',
  })
  const hosts = JSON.parse(start('fleet', ['list', '--json'], { cwd }).stdout) as unknown
  expect(hosts).toMatchObject([
    { name: 'a', address: '10.0.0.1', user: 'otto', roles: ['base'] },
    { name: 'b', address: 'b.local', user: 'anna', port: 2222, roles: ['base'] },
  ])
  expect(statSync(join(cwd, 'hosts/pi.yaml')).mode & 0o777).toBe(0o644)
})

test('another file is named in the next command, and gives the fleet its name', () => {
  const cwd = temporary()
  const { code, stdout } = offline(cwd, '--host', 'a=10.0.0.1', '--inventory', 'garden.yaml')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'garden.yaml: 1 host\nnext: provision --check --inventory garden.yaml\n' })
  expect(start('fleet', ['check', '--inventory', 'garden.yaml'], { cwd }).stdout).toContain('the fleet garden of 1 host')
})

test('a file that is there is not overwritten', () => {
  const cwd = temporary()
  writeFileSync(join(cwd, 'mine.yaml'), 'mine')
  expect(offline(cwd, '--host', 'a=10.0.0.1', '--inventory', 'mine.yaml')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('mine.yaml is there already, and is not overwritten') as string,
  })
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe('mine')
})

test('what cannot be an inventory is not written', () => {
  const cwd = temporary()
  expect(offline(cwd, '--host', 'a=10.0.0.1', '--host', 'b=10.0.0.1').code).toBe(65)
  expect(offline(cwd, '--host', 'a=nonsense!').code).toBe(64)
  expect(offline(cwd)).toMatchObject({ code: 64, stderr: expect.stringContaining('fleet init --host producer1=') as string })
  expect(existsSync(join(cwd, 'hosts'))).toBe(false)
})

test('of a Pi that does not answer nothing is written, unless it need not be asked', () => {
  const cwd = temporary()
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cwd, 'key')])
  const { code, stdout, stderr } = start('fleet', ['init', '--host', 'a=127.0.0.1:1', '--identity', 'key', '--known-hosts', 'known'], {
    cwd,
  })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^error: a: 127\.0\.0\.1:1 refuses connections\nhint: [^\n]*\nNothing was written\. With --offline it is/)
  expect(existsSync(join(cwd, 'hosts'))).toBe(false)
})

const script = spawn('script', ['--version']).on('error', () => {})
test.skipIf(script.pid === undefined).for([
  ['all is answered', ['kitchen', '10.0.0.1', ''], 0],
  ['an address is wrong, and typed again', ['kitchen', 'no!', 'kitchen', '10.0.0.1', ''], 0],
  ['the input ends', ['kitchen', '10.0.0.1', '\x04'], 1],
] as const)('on a terminal it asks: %s', async ([, answers, code]) => {
  const cwd = temporary()
  const child = spawn('script', ['-qec', `${process.execPath} ${join(project, 'scripts/bin/fleet.mjs')} init --offline`, '/dev/null'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const left = [...answers]
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    // The question, and the cursor behind it.
    if (!/: (\x1b\[\d+G)?$/.test(said)) return
    said += '\n'
    const answer = left.shift()
    if (answer !== undefined) child.stdin.write(answer === '\x04' ? answer : `${answer}\n`)
  })
  expect(await new Promise(done => child.on('close', done)), said).toBe(code)
  expect(existsSync(join(cwd, 'hosts/pi.yaml'))).toBe(code === 0)
  if (code !== 0) expect(said).toContain('nothing was written')
})
