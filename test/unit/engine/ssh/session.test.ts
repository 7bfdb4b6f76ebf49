import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Session, type Link } from '../../../../engine/ssh/session.ts'

let at: string
const closed: string[] = []
beforeAll(() => {
  at = mkdtempSync(path.join(tmpdir(), 'session-'))
})
afterAll(() => rmSync(at, { recursive: true }))

/** A sudo of this machine's: `does` is what it does with `-n` or `-S -p PROMPT`; `$prompt` is ours, `"$@"` the command. */
function link(does: string, { profile = '', user = 'pi' } = {}): Link {
  writeFileSync(
    path.join(at, 'sudo'),
    `#!/bin/bash
quiet=; prompt=
while [ "$1" != -- ]; do case "$1" in -n) quiet=1 ;; -p) prompt=$2; shift ;; esac; shift; done; shift
${does}
`,
    { mode: 0o755 },
  )
  return {
    user,
    lost: undefined,
    drop() {},
    close: async () => {},
    async exec(command) {
      const child = spawn('bash', ['--norc', '-c', `${profile}\n${command}`], {
        env: { PATH: `${at}:${process.env.PATH ?? ''}`, LANG: 'pl_PL.UTF-8' },
      })
      const channel = Object.assign(child.stdin, {
        stderr: child.stderr,
        close() {
          closed.push(command)
          child.kill('SIGKILL')
        },
      })
      const on = child.stdin.on.bind(child.stdin)
      child.stdout.on('data', chunk => channel.emit('data', chunk))
      child.stdin.on('error', () => {})
      child.on('exit', code => channel.emit('exit', code))
      child.on('close', () => channel.emit('ended'))
      channel.on = ((event: string, listener: () => void) => on(event === 'close' ? 'ended' : event, listener)) as typeof channel.on
      return channel as unknown as ClientChannel
    },
  }
}
const asksOnce =
  '[ -n "$quiet" ] && { [ "$LC_ALL" = C ] && echo "sudo: a password is required" || echo "sudo: wymagane jest hasło"; exit 1; } >&2'
const takes = (password: string, otherwise: string) => `${asksOnce}
while :; do printf '%s' "$prompt" >&2; IFS= read -r typed || exit 1; [ "$typed" = ${password} ] && exec "$@"; ${otherwise}; done`
const open = (to: Link, known?: string, asked?: string) =>
  Session.open(to, { ...(known !== undefined && { known }), ask: () => Promise.resolve(asked), within: 1.5 })

test('a password is asked for whatever language the Pi speaks, and sent to the question of sudo', async () => {
  const session = await open(link(takes('raspberry', 'echo Niestety >&2')), undefined, 'raspberry')
  expect(await session.run('echo fine')).toMatchObject({ code: 0, stdout: 'fine\n' })
  await session.close()
})

test('where sudo asks for none, a known password is not sent at all', async () => {
  const session = await open(link('exec "$@"'), 'raspberry')
  expect((await session.run('echo fine')).stdout).toBe('fine\n')
  await session.close()
  const eaten = path.join(at, 'eaten')
  await expect(
    open(link('exec "$@"', { profile: `IFS= read -t 0.3 -r line; printf %s "$line" >${eaten}; exec cat` }), 'raspberry'),
  ).rejects.toThrow('did not start')
  expect(readFileSync(eaten, 'utf8')).toBe('')
})

test('work that prints more than it may is ended, and the next one begins', async () => {
  const session = await open(link('exec "$@"'))
  await expect(session.run('yes', { most: 100_000 })).rejects.toThrow('printed more than 100000 characters')
  expect(await session.run('printf %s 12345', { most: 5 })).toMatchObject({ code: 0, stdout: '12345' })
  await session.close()
})

test('what is ended may speak for a moment longer: that is not of the next one', async () => {
  const streams = { out: new PassThrough(), err: new PassThrough() }
  let nonce = ''
  const channel = Object.assign(streams.out, { stderr: streams.err, write: () => true, end() {}, close() {} })
  const silent: Link = {
    ...link('exec "$@"'),
    exec(command) {
      nonce = /ready\S* ([0-9a-f]{12})/.exec(command.replaceAll("' '", ''))?.[1] ?? ''
      setImmediate(() => channel.emit('data', Buffer.from(`\n\x1e${nonce} ready\n`)))
      return Promise.resolve(channel as unknown as ClientChannel)
    },
  }
  const says = (text: string) => channel.emit('data', Buffer.from(text.replaceAll('MARK', `\n\x1e${nonce}`)))
  const session = await open(silent)
  const [first, second] = [session.run('yes'), session.run('printf 12345', { most: 5 })]
  says('MARK start 1 77\ny\ny\nMARK end 1 143\ny\ny\ny\nMARK start 2 78\n12345MARK end 2 0\n')
  streams.err.emit('data', Buffer.from(`\n\x1e${nonce} end 1\n\n\x1e${nonce} end 2\n`))
  expect(await first).toMatchObject({ code: 143, stdout: 'y\ny\n' })
  expect(await second).toMatchObject({ code: 0, stdout: '12345' })
})

test.for(['echo Falsch', 'echo "Where did you learn to type?"', 'echo "Sorry, try again."', ':'])(
  'a wrong password ends at once, whatever sudo says of it: %s',
  async insult => {
    const began = Date.now()
    await expect(open(link(takes('raspberry', `${insult} >&2`)), 'wrong')).rejects.toMatchObject({
      name: 'SudoRefused',
      because: 'wrong',
      message: 'sudo refused the password of user pi',
    })
    expect(Date.now() - began).toBeLessThan(1400)
    expect(closed.at(-1)).toContain('sudo -S -p')
  },
)

test.for([
  ['exec cat', 'another program in its place'],
  ['read -r answer', 'a question in .bashrc'],
  ['printf "press enter "; read -r answer; read -r other', 'one that prints'],
  ['exec sleep 1000', 'a forced command'],
])('%s (%s): ends within its time, and says what to look at', async ([profile]) => {
  const began = Date.now()
  const failing = open(link('exec "$@"', { profile: profile ?? '' }))
  await expect(failing).rejects.toMatchObject({
    code: 'not-started',
    message: 'the login shell of pi did not start our program within 1.5 s',
    hint: expect.stringContaining('.bashrc') as unknown,
    ...(profile?.startsWith('printf') && { output: ['press enter'] }),
  })
  expect(Date.now() - began).toBeLessThan(4000)
})

test.for([
  [
    'echo "WARNING: Your password has expired." >&2; echo "Password change required but no TTY available." >&2; exit 1',
    'the password of pi has expired',
    'chage',
  ],
  ['echo "You are not allowed here"; exit 1', 'the login shell of pi ended without starting our program', 'forced command'],
  [
    'echo "This account is currently not available."; exit 1',
    'user pi may not log in: its login shell is nologin',
    'usermod -s /bin/bash pi',
  ],
  ['exit 0', 'the login shell of pi ended at once and without a word (exit code 0)', 'an `exit` in a start-up file of pi'],
  ['exit 1', 'the login shell of pi ended at once and without a word (exit code 1)', '/bin/false'],
  ['echo "Word too long." >&2; exit 1', 'the login shell of pi, a csh, does not take our command', 'usermod -s /bin/bash pi'],
  [`echo "Unmatched '''." >&2; exit 1`, 'the login shell of pi, a csh, does not take our command', 'usermod -s /bin/bash pi'],
])('what stands in its place is told, not taken for sudo: %s', async ([profile = '', message = '', hint = '']) => {
  await expect(open(link('exec "$@"', { profile }))).rejects.toMatchObject({
    code: 'not-started',
    message,
    hint: expect.stringContaining(hint) as unknown,
  })
})

test.for([
  ['echo "sudo: Account or password is expired, reset your password and try again" >&2; exit 1', 'the password of pi has expired', 'chage'],
  ['echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1', 'sudo wants a terminal of user pi', '!requiretty'],
  ['echo "env: ‘sudo’: No such file or directory" >&2; exit 127', 'sudo is not installed there', 'apt-get install sudo'],
  [
    'echo "pi is not in the sudoers file.  This incident will be reported." >&2; exit 1',
    'user pi may not become root: pi is not in the sudoers file.  This incident will be reported.',
    'adduser pi sudo',
  ],
  [
    `echo "Sorry, user pi is not allowed to execute '/usr/bin/bash --norc -c printf -v t' as root on pi." >&2; exit 1`,
    'sudo lets user pi run some programs as root, and not bash',
    'pi ALL=(ALL) ALL',
  ],
  ['echo "pi is not in the sudoers file." >&2; exit 1', 'user pi may not become root: pi is not in the sudoers file.', 'adduser pi sudo'],
])('what sudo says is told with what helps: %s', async ([does = '', message = '', hint = '']) => {
  await expect(open(link(does))).rejects.toMatchObject({ message, hint: expect.stringContaining(hint) as unknown })
  await expect(open(link(does), 'raspberry')).rejects.toMatchObject({ message })
})

test('a password was given and taken, and the user is in no sudoers file: that is told, and not the password', async () => {
  const lectured = `printf '\\nWe trust you have received the usual lecture from the local System\\nAdministrator. It usually boils down to these three things:\\n\\n    #1) Respect the privacy of others.\\n\\n' >&2
printf '%s' "$prompt" >&2; read -r password; [ "$password" ] || exit 1; echo 'pi is not in the sudoers file.' >&2; exit 1`
  await expect(open(link(lectured), 'raspberry')).rejects.toMatchObject({
    name: 'SudoRefused',
    because: 'forbidden',
    message: 'user pi may not become root: pi is not in the sudoers file.',
  })
})

test('root whose start-up file ends: no link that broke', async () => {
  await expect(open(link('exec "$@"', { profile: 'exit 3', user: 'root' }))).rejects.toMatchObject({
    code: 'not-started',
    message: 'the login shell of root ended at once and without a word (exit code 3)',
  })
})

test('nobody there to type it: sudo wants the password', async () => {
  await expect(open(link(takes('raspberry', ':')))).rejects.toMatchObject({ name: 'SudoRefused', because: 'wants' })
})

test('what would go on for ever ends when it is stopped, and the next piece of work begins', async () => {
  const session = await open(link('exec "$@"'))
  const stop = new AbortController()
  let seen = ''
  const onStdout = (text: string) => {
    seen += text
    if (seen.includes('there')) stop.abort()
  }
  expect((await session.run('echo there; sleep 60 | cat', { stop: stop.signal, onStdout })).code).toBeGreaterThan(128)
  // Stopped before it began is the same.
  expect((await session.run('sleep 60', { stop: stop.signal })).code).toBeGreaterThan(128)
  expect(await session.run('echo fine')).toMatchObject({ code: 0, stdout: 'fine\n' })
  await session.close()
})
