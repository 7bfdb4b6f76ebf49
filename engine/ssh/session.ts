import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { ClientChannel } from 'ssh2'
import { factsScript } from '../facts.ts'
import { madeScript } from '../made.ts'
import type { Connection } from './connect.ts'
import { onEnd } from './channel-end.ts'
import { ConnectionLost, SudoRefused, TimedOut, TooMuch } from './errors.ts'
import { pipe, type PipeEnd, type Piped } from './pipe.ts'
import { endedEarly, lostWhileStarting, tooLate, wrongPassword } from './start-failure.ts'
import { MarkSplitter } from './stream-split.ts'
import { stream } from './upload.ts'
import { rootCommand, sudoPrompt, workerCommand, type Become } from './worker.ts'

/** What a session needs of a connection. */
export type Link = Pick<Connection, 'user' | 'lost' | 'exec' | 'drop' | 'close'>

export interface StartOptions {
  /** sudo's password, where it is known. */
  readonly known?: string
  /** Asks a person for it; undefined where nobody answers. */
  ask(): Promise<string | undefined>
  /** Seconds from the start of the login shell to a worker that is ready. */
  readonly within: number
}

/** What one piece of shell text did. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Seconds; then its process group is ended and `TimedOut` thrown. */
  readonly timeout?: number
  /** Characters it may print to its standard output; then its process group is ended and `TooMuch` thrown. */
  readonly most?: number
  /** Aborted: its process group is ended, and it resolves as that ended. For what would go on for ever. */
  readonly stop?: AbortSignal
  /** Called with the words of each mark the script prints by itself (see `mark`), as it runs. */
  readonly onMark?: (words: string) => void
  readonly onStdout?: (text: string) => void
  readonly onStderr?: (text: string) => void
}

/** Whether this run holds the host, or who does. `orphaned`: the holder's connection is gone, only its last step still runs. */
export type Lock = { readonly held: true } | { readonly held: false; readonly owner: string; readonly orphaned: boolean }

interface Pending {
  readonly id: number
  readonly options: RunOptions
  /** It says on stdout when it begins; what comes before that is of the one before, whose last words were late. */
  readonly begins: boolean
  readonly stdout: string[]
  readonly stderr: string[]
  group?: number
  code?: number
  ended: boolean
  printed: number
  resolve: (ran: Ran) => void
  reject: (error: Error) => void
  timer?: NodeJS.Timeout
  stopping?: () => void
}

const said = ({ stdout, stderr }: Pending) => [...stdout, ...stderr].join('')

/** A host as root: one channel, one `bash`, pieces of work one after the other in the order they were asked for. */
export class Session {
  readonly #connection: Link
  readonly #channel: ClientChannel
  readonly #nonce: string
  readonly #become: Become
  readonly #password: string | undefined
  readonly #queue: Pending[] = []
  #lastId = 0
  #lost: Error | undefined
  #holds = false
  #writing: Promise<void> = Promise.resolve()
  /** What `factsScript` and `madeScript` printed. */
  readonly facts: string

  private constructor(
    connection: Link,
    channel: ClientChannel,
    nonce: string,
    become: Become,
    password: string | undefined,
    facts: string,
  ) {
    this.#connection = connection
    this.#channel = channel
    this.#nonce = nonce
    this.#become = become
    this.#password = password
    this.facts = facts
  }

  /**
   * Starts the worker on an open connection.
   * Throws `SudoRefused` when the user may not become root, `Failed` (`not-started`) when something else runs in its place or nothing
   * within its time, `ConnectionLost` when the link breaks.
   */
  static async open(connection: Link, { known, ask, within }: StartOptions): Promise<Session> {
    if (connection.user === 'root') return Session.#start(connection, 'already-root', undefined, within)
    if (known !== undefined) return Session.#start(connection, 'sudo-with-password', known, within)
    try {
      return await Session.#start(connection, 'sudo', undefined, within)
    } catch (error) {
      if (!(error instanceof SudoRefused) || error.because !== 'wants') throw error
      const asked = await ask()
      if (asked === undefined) throw error
      return Session.#start(connection, 'sudo-with-password', asked, within)
    }
  }

  static async #start(connection: Link, become: Become, password: string | undefined, within: number): Promise<Session> {
    const nonce = randomBytes(6).toString('hex')
    const prompt = sudoPrompt(nonce)
    const { user } = connection
    let facts = ''
    let stderr = ''
    let answered = false
    let code: number | undefined
    const so = () => ({ user, stdout: facts, stderr: stderr.replaceAll(prompt, ''), answered, ...(code !== undefined && { code }) })
    return new Promise((resolve, reject) => {
      let channel: ClientChannel | undefined
      let session: Session | undefined
      const refuse = (error: Error) => {
        clearTimeout(timer)
        reject(error)
        channel?.close()
      }
      const timer = setTimeout(() => refuse(tooLate(so(), within)), within * 1000)
      const stdout = new MarkSplitter(
        nonce,
        text => (session ? session.#text('stdout', text) : (facts += text)),
        words => {
          if (session) session.#mark('stdout', words)
          else if (words === 'ready' && channel) {
            clearTimeout(timer)
            resolve((session = new Session(connection, channel, nonce, become, password, facts)))
          }
        },
      )
      const errors = new MarkSplitter(
        nonce,
        text => {
          if (session) return session.#text('stderr', text)
          stderr += text
          const asks = stderr.split(prompt).length - 1
          // Sent to nothing but sudo's own question: a Pi that asks for none does not get to see it.
          if (asks === 1 && !answered) {
            answered = true
            channel?.write(`${password ?? ''}\n`)
          } else if (asks > 1) refuse(wrongPassword(user))
        },
        words => {
          if (session) session.#mark('stderr', words)
        },
      )
      const end = () => {
        clearTimeout(timer)
        if (session) session.#fail(connection.lost ?? new ConnectionLost('the remote shell ended'))
        else
          reject(
            // A program that ended by itself has an exit code; what ends without a word and without one is a link that broke.
            connection.lost ?? (code === undefined && !facts && !stderr ? lostWhileStarting('it ended at once') : endedEarly(so())),
          )
      }
      connection.exec(workerCommand({ become, nonce, facts: `${factsScript}${madeScript}` })).then(opened => {
        channel = opened
        opened.on('data', (chunk: Buffer) => stdout.push(chunk))
        opened.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
        onEnd(opened, ended => (code ??= ended))
        opened.on('close', end)
        opened.on('error', end)
      }, refuse)
    })
  }

  /** Runs shell text as root. Resolves also when it fails: look at `code`. Throws `ConnectionLost`, `TimedOut` or `TooMuch`. */
  run(text: string, options: RunOptions = {}): Promise<Ran> {
    const bytes = Buffer.from(text)
    return this.#ask(options, id => this.#write(Buffer.concat([Buffer.from(`run ${id} ${bytes.length}\n`), bytes])), true)
  }

  /** Takes the host for this run; it is given back when the session closes, however that comes. */
  async lock(owner: string, work: string): Promise<Lock> {
    const ran = await this.#ask({}, id => this.#write(Buffer.from(`lock ${id} ${work} ${owner.replaceAll('\n', ' ')}\n`)))
    if (ran.code === 0) return { held: (this.#holds = true) }
    const [alive = '', ...rest] = ran.stdout.trim().split(' ')
    return { held: false, owner: rest.join(' '), orphaned: alive === 'gone' }
  }

  /** Streams a local file to a path on the Pi, mode 0600. Throws when the Pi could not write all of it. */
  async put(localFile: string, path: string, progress: (bytes: number) => void = () => {}): Promise<void> {
    const { size } = await stat(localFile)
    const ran = await this.#ask({}, id =>
      this.#then(async () => {
        this.#channel.write(`put ${id} ${size} ${path}\n`)
        await stream(localFile, size, this.#channel, progress)
      }),
    )
    if (ran.code !== 0) throw new Error(`could not write ${path}: ${ran.stderr.trim() || `exit ${ran.code}`}`)
  }

  /** Runs shell text as root beside the worker, with bytes that pass as they are. See `pipe`. */
  pipe(text: string, piped: Piped): Promise<PipeEnd> {
    if (this.#lost) return Promise.reject(this.#lost)
    const as = { link: this.#connection, become: this.#become, nonce: this.#nonce, password: this.#password, holds: this.#holds }
    return pipe(as, text, piped)
  }

  /** Shell text by which a script reports `word` (a shell word) while it runs; see `RunOptions.onMark`. */
  mark(word: string): string {
    return `printf '\\n\\036${this.#nonce} mark %s\\n' ${word}`
  }

  /** Why nothing can be run here any more, once that is so. */
  get lost(): Error | undefined {
    return this.#lost
  }

  /** Ends the worker: its lock is free, what it started and is at work goes on to its end. */
  async close(): Promise<void> {
    await this.#writing.catch(() => {})
    this.#channel.end()
    await this.#connection.close()
  }

  /** Breaks the link on purpose, as a pulled plug would: the Pi ends the step it is at, and no other. */
  abort(): void {
    this.#connection.drop('stopped')
  }

  #ask(options: RunOptions, send: (id: number) => void, begins = false): Promise<Ran> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#queue.push({ id, options, begins, stdout: [], stderr: [], ended: false, printed: 0, resolve, reject })
      send(id)
    })
  }

  #write(bytes: Buffer): void {
    this.#then(
      () =>
        new Promise<void>(done => {
          if (this.#channel.write(bytes)) done()
          else this.#channel.once('drain', done).once('close', done)
        }),
    )
  }

  // Commands go out one after the other: the bytes of an upload must not be cut by the next command.
  #then(send: () => Promise<void>): void {
    this.#writing = this.#writing.then(send).catch(error => this.#fail(error instanceof Error ? error : new Error(String(error))))
  }

  #text(stream: 'stdout' | 'stderr', text: string): void {
    // A stream whose own end mark came already belongs to the next command; the newline before a mark is the worker's.
    const pending = stream === 'stdout' ? this.#queue.find(p => p.code === undefined) : this.#queue.find(p => !p.ended)
    if (!pending) return
    if (stream === 'stdout' && pending.begins && pending.group === undefined) return
    if (stream === 'stdout') pending.printed += text.length
    const { most = Number.POSITIVE_INFINITY } = pending.options
    if (pending.printed > most) {
      if (pending.printed - text.length <= most) void this.#endEarly(pending, new TooMuch(most))
      return
    }
    pending[stream].push(text)
    if (stream === 'stdout') pending.options.onStdout?.(text)
    else pending.options.onStderr?.(text)
  }

  #mark(stream: 'stdout' | 'stderr', words: string): void {
    const [verb, id, value] = words.split(' ')
    if (verb === 'mark') {
      this.#queue.find(p => p.code === undefined)?.options.onMark?.(words.slice(5))
      return
    }
    const pending = this.#queue.find(p => p.id === Number(id))
    if (!pending) return
    if (verb === 'start') {
      pending.group = Number(value)
      const seconds = pending.options.timeout
      if (seconds !== undefined)
        pending.timer = setTimeout(() => void this.#endEarly(pending, new TimedOut(seconds, said(pending))), seconds * 1000)
      const { stop } = pending.options
      if (stop?.aborted) void this.#end(pending)
      else if (stop) stop.addEventListener('abort', (pending.stopping = () => void this.#end(pending)))
      return
    }
    if (stream === 'stdout') pending.code = Number(value)
    else pending.ended = true
    if (pending.code === undefined || !pending.ended) return
    settle(pending)
    this.#queue.splice(this.#queue.indexOf(pending), 1)
    pending.resolve({ code: pending.code, stdout: pending.stdout.join(''), stderr: pending.stderr.join('') })
  }

  async #endEarly(pending: Pending, error: Error): Promise<void> {
    pending.reject(error)
    await this.#end(pending)
  }

  /** Ends a piece of work, by a channel of its own: the worker's is taken by it. */
  async #end(pending: Pending): Promise<void> {
    const kill = `kill -TERM -- -${pending.group}; sleep 2; kill -KILL -- -${pending.group} 2>/dev/null`
    const channel = await this.#connection.exec(rootCommand(this.#become, this.#nonce, kill)).catch(() => undefined)
    if (this.#password !== undefined) channel?.write(`${this.#password}\n`)
    channel?.resume()
  }

  #fail(error: Error): void {
    this.#lost ??= error
    for (const pending of this.#queue.splice(0)) {
      settle(pending)
      pending.reject(error)
    }
  }
}

/** Nothing waits for a piece of work any more. */
function settle({ timer, stopping, options }: Pending): void {
  clearTimeout(timer)
  if (stopping) options.stop?.removeEventListener('abort', stopping)
}
