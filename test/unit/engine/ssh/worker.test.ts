import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { quote } from '../../../../engine/shell.ts'
import { MarkSplitter } from '../../../../engine/ssh/stream-split.ts'
import { holderText, joinsLock, rootCommand, workerCommand, workerScript } from '../../../../engine/ssh/worker.ts'

interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Speaks to a worker as a session does, over pipes of this machine. */
class Worker {
  readonly child: ChildProcessWithoutNullStreams
  readonly marks: string[] = []
  readonly #texts = { stdout: '', stderr: '' }
  readonly #ended = { stdout: new Map<number, [string, number]>(), stderr: new Map<number, [string, number]>() }
  #id = 0
  #waiting: (() => void)[] = []

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args, { env: { PATH: process.env.PATH ?? '', SHLVL: '1' } })
    for (const stream of ['stdout', 'stderr'] as const) {
      const splitter = new MarkSplitter(
        'n0',
        text => {
          this.#texts[stream] += text
        },
        words => {
          const [verb, id, code] = words.split(' ')
          if (verb !== 'end') this.marks.push(words)
          else {
            this.#ended[stream].set(Number(id), [this.#texts[stream], Number(code)])
            this.#texts[stream] = ''
          }
          for (const wake of this.#waiting.splice(0)) wake()
        },
      )
      this.child[stream].on('data', (chunk: Buffer) => splitter.push(chunk))
    }
  }

  async ask(verb: string, head: string, body: string | Buffer = ''): Promise<Answer> {
    const id = ++this.#id
    this.child.stdin.write(`${verb} ${id} ${head}\n`)
    this.child.stdin.write(body)
    for (;;) {
      const out = this.#ended.stdout.get(id)
      const err = this.#ended.stderr.get(id)
      if (out && err) return { code: out[1], stdout: out[0], stderr: err[0] }
      await new Promise<void>(done => {
        this.#waiting.push(done)
      })
    }
  }

  run(text: string): Promise<Answer> {
    return this.ask('run', String(Buffer.byteLength(text)), text)
  }

  put(to: string, bytes: Buffer): Promise<Answer> {
    return this.ask('put', `${bytes.length} ${to}`, bytes)
  }

  async end(): Promise<void> {
    const gone = new Promise(done => this.child.once('close', done))
    this.child.stdin.end()
    await gone
  }
}

let at: string
let script: string
const workers: Worker[] = []
const start = (program = 'bash', args = ['--norc', '-c', script]) => {
  const worker = new Worker(program, args)
  workers.push(worker)
  return worker
}
beforeAll(() => {
  at = mkdtempSync(path.join(tmpdir(), 'worker-'))
  script = workerScript('n0').replaceAll('/run/provision', `${at}/run`)
})
afterEach(async () => {
  for (const worker of workers.splice(0)) if (worker.child.exitCode === null && worker.child.signalCode === null) await worker.end()
})
afterAll(() => rmSync(at, { recursive: true }))

test('runs text: code, both streams apart, bytes exact, nothing kept from one to the next', async () => {
  const worker = start()
  expect(await worker.run('printf "a\\n"; printf b >&2; x=1; cd /; exit 7')).toEqual({ code: 7, stdout: 'a\n', stderr: 'b' })
  expect(await worker.run('printf %s "${x-none}"; cat; printf "é\\n\\n"')).toEqual({ code: 0, stdout: 'noneé\n\n', stderr: '' })
  expect(await worker.run("cat <<'.'\n$HOME 'x'\n.\n")).toEqual({ code: 0, stdout: "$HOME 'x'\n", stderr: '' })
  expect(await worker.run('')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect((await worker.run('kill -TERM $BASHPID')).code).toBe(143)
  const broken = await worker.run('if')
  expect(broken.code).not.toBe(0)
  expect(broken.stderr).toContain('syntax error')
  expect(await worker.run('echo fine')).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
})

test('lines it does not know are skipped', async () => {
  const worker = start()
  worker.child.stdin.write('raspberry \' "$(touch /x)\n\n   \n')
  expect(await worker.run('echo fine')).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
})

test('many commands sent at once are answered in order, large ones too', async () => {
  const worker = start()
  const large = `: ${'x'.repeat(300_000)}\necho large`
  const answers = await Promise.all([worker.run('sleep 0.1; echo 1'), worker.run(large), worker.run('echo 3 >&2; exit 3')])
  expect(answers.map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual([
    [0, '1\n', ''],
    [0, 'large\n', ''],
    [3, '', '3\n'],
  ])
})

test('a script reports while it runs; each piece of work is a process group of its own', async () => {
  const worker = start()
  const answer = await worker.run(`printf '\\n\\036n0 mark %s\\n' 'done 1'; ps -o pgid= -p $BASHPID`)
  expect(worker.marks).toContain('mark done 1')
  const group = worker.marks.find(mark => mark.startsWith('start 1 '))?.split(' ')[2]
  expect(answer.stdout.trim()).toBe(group)
})

test('puts bytes exactly, for its owner alone, over what stood there', async () => {
  const worker = start()
  const bytes = Buffer.concat([randomBytes(200_000), Buffer.from('\nrun 9 3\nls\n\0\xff')])
  const to = `${at}/a file with 'blanks'`
  writeFileSync(to, 'old', { mode: 0o666 })
  expect(await worker.put(to, bytes)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(to).equals(bytes)).toBe(true)
  expect(statSync(to).mode & 0o777).toBe(0o600)
  expect((await worker.put(`${at}/empty`, Buffer.alloc(0))).code).toBe(0)
  expect(readFileSync(`${at}/empty`)).toHaveLength(0)
})

test.for(['no/such/folder/file', ''])(
  'a file that cannot be written (at "%s") is read to its end: none of its bytes is taken for a command',
  async name => {
    const worker = start()
    const trap = `${at}/executed`
    const text = `touch ${trap}`
    const failed = await worker.put(
      `${at}/${name}`,
      Buffer.from(`${'x\n'.repeat(100_000)}run 1 ${text.length}\n${text}\nno newline at the end`),
    )
    expect(failed.code).not.toBe(0)
    expect(failed.stderr).not.toBe('')
    expect(await worker.run(`ls ${quote(trap)} 2>/dev/null; echo fine`)).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
  },
)

test('a second worker is refused, told who holds the host; the lock ends with its holder', async () => {
  const first = start()
  expect(await first.ask('lock', 'host anna on laptop (provision 42)')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect((await first.ask('lock', 'host anna again')).code).toBe(0)
  const second = start()
  // No sshd above it here: its connection counts as gone.
  expect(await second.ask('lock', 'host bert')).toEqual({ code: 75, stdout: 'gone anna again', stderr: '' })
  await first.end()
  expect((await second.ask('lock', 'host bert')).code).toBe(0)
})

test('a worker of the same owner, whose link broke unseen by the Pi, is ended for the next', async () => {
  const first = start()
  expect((await first.ask('lock', 'host anna (process 42)')).code).toBe(0)
  const ended = new Promise(done => first.child.once('exit', done))
  const next = start()
  expect(await next.ask('lock', 'host anna (process 42)')).toEqual({ code: 75, stdout: 'gone anna (process 42)', stderr: '' })
  await ended
  expect((await next.ask('lock', 'host anna (process 42)')).code).toBe(0)
})

test('a worker of the same owner for other work on this host goes on: it is waited for', async () => {
  const first = start()
  expect((await first.ask('lock', 'health anna (process 42)')).code).toBe(0)
  const other = start()
  expect(await other.ask('lock', 'cluster-kafka anna (process 42)')).toEqual({ code: 75, stdout: 'gone anna (process 42)', stderr: '' })
  expect(await first.run('echo here')).toMatchObject({ code: 0, stdout: 'here\n' })
  await first.end()
  expect((await other.ask('lock', 'cluster-kafka anna (process 42)')).code).toBe(0)
})

test('a holder below a living sshd is at work; what it started keeps the lock after it', async () => {
  const sshd = `${at}/sshd-session`
  symlinkSync('/bin/bash', sshd)
  const first = start(sshd, ['--norc', '-c', `bash --norc -c ${quote(script)}; :`])
  expect((await first.ask('lock', 'host anna')).code).toBe(0)
  const second = start()
  expect(await second.ask('lock', 'host bert')).toEqual({ code: 75, stdout: 'alive anna', stderr: '' })
  await first.run('sleep 1 >/dev/null 2>&1 &')
  await first.end()
  expect(await second.ask('lock', 'host bert')).toEqual({ code: 75, stdout: 'gone anna', stderr: '' })
  await new Promise(done => setTimeout(done, 1200))
  expect((await second.ask('lock', 'host bert')).code).toBe(0)
})

test('what runs beside a worker that is gone keeps the host until it ends', async () => {
  const first = start()
  expect((await first.ask('lock', 'host anna')).code).toBe(0)
  const beside = spawn('bash', ['--norc', '-c', `${joinsLock.replaceAll('/run/provision', `${at}/run`)}; echo on; sleep 1 & wait`])
  await new Promise(done => beside.stdout.once('data', done))
  await first.end()
  const second = start()
  expect(await second.ask('lock', 'host bert')).toEqual({ code: 75, stdout: 'gone anna', stderr: '' })
  // Also by the same owner, for the same work: there is no worker left to end.
  expect(await second.ask('lock', 'host anna')).toEqual({ code: 75, stdout: 'gone anna', stderr: '' })
  beside.kill('SIGKILL')
  expect((await second.ask('lock', 'host bert')).code).toBe(75)
  await new Promise(done => setTimeout(done, 1200))
  expect((await second.ask('lock', 'host bert')).code).toBe(0)
})

test('the command that starts it: facts, then ready, then the loop; sudo gets its password from nowhere but standard input', async () => {
  const worker = start('bash', ['--norc', '-c', workerCommand({ become: 'already-root', nonce: 'n0', facts: 'echo "it\'s $LC_ALL"' })])
  expect(await worker.run('exit 4')).toMatchObject({ code: 4, stdout: "it's C.UTF-8\n" })
  expect(worker.marks[0]).toBe('ready')
  const command = (become: 'sudo' | 'sudo-with-password') => workerCommand({ become, nonce: 'n0', facts: '' })
  expect(command('sudo')).toMatch(/^exec env LC_ALL=C sudo -n -- bash --norc -c '/)
  expect(command('sudo-with-password')).toMatch(/^exec env LC_ALL=C sudo -S -p '\[provision n0\]' -- bash --norc -c '/)
})

test("the lock is in a folder of its owner's alone: nobody else can hold it or lay another in its place", async () => {
  const worker = start()
  expect((await worker.ask('lock', 'host anna')).code).toBe(0)
  expect(statSync(`${at}/run`).mode & 0o777).toBe(0o700)
  expect([workerScript('n0'), holderText].join('')).not.toMatch(/\/run\/lock|\/tmp|\/dev\/shm/)
})

const shells = ['sh', 'bash', 'dash', 'zsh', 'fish', 'tcsh', 'csh', 'mksh'].filter(shell => spawnSync(shell, ['-c', 'true']).status === 0)
test.for(shells)('whatever the login shell is, it passes our program on as it is: %s', shell => {
  const text = `printf '%s|' "it's" 'a\\b' "x!y" 'é' "$HOME" \`echo q\` '%s %%' '~' '{a,b}'\n: ${'w'.repeat(5000)}\necho "done \\"q\\" !!"`
  const whole = rootCommand('already-root', 'n0', text)
  expect(whole).toMatch(/^[ -~]+$/)
  expect(Math.max(...whole.split(' ').map(word => word.length))).toBeLessThan(1024)
  const through = spawnSync(shell, ['-c', whole], { encoding: 'utf8' })
  expect(through.stderr).toBe('')
  expect(through.stdout).toBe(spawnSync('bash', ['--norc', '-c', text], { encoding: 'utf8' }).stdout)
})
