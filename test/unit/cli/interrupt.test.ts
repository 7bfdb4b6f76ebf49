import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, temporary } from '../scripts/project.ts'

/** Runs `provision a` on a terminal of this size, with what it is typed. */
function onTerminal(size: string, cwd: string) {
  const command = `stty ${size}; '${process.execPath}' '${join(project, 'scripts/bin/provision.mjs')}' --inventory fleet.yaml a`
  return spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { ...process.env, FLEET_IDENTITY: join(cwd, 'identity'), TERM: 'xterm', NO_COLOR: '1' },
  })
}

test.each(['rows 30 cols 100', 'rows 0 cols 0', 'rows 10 cols 40'])(
  'a host that fails before its line is drawn ends the run, on a terminal of %s',
  async size => {
    const cwd = temporary()
    writeFileSync(
      join(cwd, 'fleet.yaml'),
      'fleet: x\nssh: { identity: none }\nhosts:\n  a: { address: 127.0.0.1, port: 1, roles: [base] }\n',
    )
    const terminal = onTerminal(size, cwd)
    let text = ''
    terminal.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    expect(await new Promise(done => terminal.once('close', done))).toBe(1)
    expect(text).toMatch(/HOST +RESULT[\s\S]*a +failed/)
    expect(text).toMatch(/ssh-copy-id|none/)
  },
)

test('Ctrl-C on a terminal says what it does, ends the step, prints the summary and exits 130', { timeout: 30_000 }, async () => {
  const cwd = temporary()
  // A host that takes calls and never speaks.
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise(done => silent.once('listening', done))
  const { port } = silent.address() as { readonly port: number }
  writeFileSync(
    join(cwd, 'fleet.yaml'),
    `fleet: x\nssh: { connectTimeout: 4, knownHosts: known, identity: key }\nhosts:\n  a: { address: 127.0.0.1, port: ${port}, roles: [base] }\n`,
  )
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cwd, 'key')])
  const terminal = onTerminal('rows 30 cols 100', cwd)
  let text = ''
  let pressed = false
  terminal.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (pressed || !text.includes('connecting')) return
    pressed = true
    terminal.stdin.write('\u0003')
  })
  const code = await new Promise(done => terminal.once('close', done))
  silent.close()
  expect(text).toContain('Stopping after the step at hand; Ctrl-C again leaves at once.')
  expect(text).toMatch(/HOST +RESULT[\s\S]*a +failed/)
  expect(text).toContain('stopped before it was done')
  expect(code).toBe(130)
})
