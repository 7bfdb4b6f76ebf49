import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ClientChannel } from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pipe, type PipeAs, type Piped } from '../../../../engine/ssh/pipe.ts'

let at: string
beforeAll(() => {
  at = mkdtempSync(path.join(tmpdir(), 'pipe-'))
  // A sudo that asks, once for each wrong word.
  writeFileSync(
    path.join(at, 'sudo'),
    `#!/bin/bash
while [ "$1" != -- ]; do [ "$1" = -p ] && prompt=$2; shift; done; shift
while :; do printf '%s' "$prompt" >&2; IFS= read -r typed || exit 1; [ "$typed" = raspberry ] && exec "$@"; done`,
    { mode: 0o755 },
  )
})
afterAll(() => rmSync(at, { recursive: true }))

/** A bash of this machine in the place of a channel's other end. */
const as = (password?: string): PipeAs => ({
  nonce: 'n0nce',
  become: password === undefined ? 'already-root' : 'sudo-with-password',
  password,
  link: {
    user: 'pi',
    lost: undefined,
    async exec(command) {
      const child = spawn('bash', ['--norc', '-c', command], { env: { PATH: `${at}:${process.env['PATH'] ?? ''}` } })
      const channel = Duplex.from({ readable: child.stdout, writable: child.stdin }) as unknown as ClientChannel
      Object.assign(channel, {
        stderr: child.stderr,
        close() {
          child.kill('SIGKILL')
          for (const stream of child.stdio) stream?.destroy()
        },
      })
      child.on('exit', code => channel.emit('exit', code))
      // A channel is closed after it told how its program ended.
      const on = channel.on.bind(channel) as (event: string, listener: () => void) => ClientChannel
      channel.on = ((event: string, listener: () => void) => on(event === 'close' ? 'ended' : event, listener)) as typeof channel.on
      child.on('close', () => channel.emit('ended'))
      return channel
    },
  },
})
const sinkOf = () => {
  const output = new PassThrough()
  return { output, bytes: buffer(output) }
}

test.each([undefined, 'raspberry'])('bytes pass as they are, in both directions (password: %s)', async password => {
  const sent = randomBytes(3_000_000)
  const { output, bytes } = sinkOf()
  const end = await pipe(as(password), 'cat; echo said >&2', { input: Readable.from([sent]), output })
  expect(end).toEqual({ code: 0, stderr: 'said\n' })
  expect((await bytes).equals(sent)).toBe(true)
})

test('a program that fails in the middle of a pipe has its code, and one that reads nothing ends', async () => {
  const { output, bytes } = sinkOf()
  expect(await pipe(as(), 'false | cat', { output })).toMatchObject({ code: 1 })
  expect((await bytes).length).toBe(0)
  expect(await pipe(as(), 'echo no >&2; exit 3', { input: Readable.from([randomBytes(3_000_000)]) })).toEqual({ code: 3, stderr: 'no\n' })
})

test('a wrong password is asked for once', async () => {
  await expect(pipe(as('wrong'), 'true', {})).rejects.toThrow('refused the password')
})

test.each<[string, () => Piped]>([
  [
    'input that breaks',
    () => ({
      input: Readable.from(
        (async function* () {
          yield randomBytes(10)
          throw new Error('broken')
        })(),
      ),
    }),
  ],
  ['output that breaks', () => ({ output: new Writable({ write: (_1, _2, done) => done(new Error('broken')) }) })],
])('%s is what it fails with', async (_, piped) => {
  await expect(pipe(as(), 'head -c 1000000 /dev/zero; cat >/dev/null', piped())).rejects.toThrow('broken')
})

test('an exit that was told before anybody listened is told once more at the end', async () => {
  const channel = Object.assign(new PassThrough(), { stderr: new PassThrough(), close() {} }) as unknown as ClientChannel
  const link = {
    user: 'pi',
    lost: undefined,
    async exec() {
      channel.emit('exit', 3)
      setImmediate(() => channel.emit('close', 3))
      return channel
    },
  }
  expect(await pipe({ nonce: 'n0nce', become: 'already-root', password: undefined, link }, 'exit 3', {})).toMatchObject({ code: 3 })
})
