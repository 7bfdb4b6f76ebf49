import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { lastWords } from '../last-words.ts'
import { onEnd } from './channel-end.ts'
import { ConnectionLost, SudoRefused } from './errors.ts'
import type { Connection } from './connect.ts'
import { joinsLock, rootCommand, sudoPrompt, type Become } from './worker.ts'

/** Bytes that go to or come from a program on a Pi. */
export interface Piped {
  /** What it reads on standard input; absent: nothing. */
  readonly input?: Readable
  /** Where goes what it prints; absent: nowhere. It is ended with it, and destroyed where that fails. */
  readonly output?: Writable
}

export interface PipeEnd {
  readonly code: number
  /** The last 16,000 characters it said to its standard error. */
  readonly stderr: string
}

/** Who runs it. */
export interface PipeAs {
  readonly link: Pick<Connection, 'exec' | 'lost' | 'user'>
  readonly become: Become
  readonly nonce: string
  readonly password: string | undefined
  /** Its session holds the host: cut off, it is waited for by who takes the host next. */
  readonly holds?: boolean
}

const mostSaid = 16_000

/**
 * Runs shell text as root over a channel of its own, whose bytes pass as they are. Resolves also when it fails: look at `code`.
 * @throws ConnectionLost, SudoRefused; whatever input or output fail with, and then the program there has lost its pipe
 */
export async function pipe(
  { link, become, nonce, password, holds = false }: PipeAs,
  text: string,
  { input, output }: Piped,
): Promise<PipeEnd> {
  const begin = `\u001e${nonce} begin\n`
  const channel = await link.exec(
    rootCommand(
      become,
      nonce,
      `export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
set -o pipefail
${holds ? joinsLock : ''}
printf '\\036%s begin\\n' ${nonce} >&2
${text}`,
    ),
  )
  let stderr = ''
  let code: number | undefined
  let begun = () => {}
  const ready = new Promise<void>(done => (begun = done))
  const prompt = sudoPrompt(nonce)
  let asked = 0
  channel.stderr.on('data', (piece: Buffer) => {
    stderr = (stderr + piece.toString()).slice(-mostSaid)
    const asks = stderr.includes(prompt)
    if (asks) stderr = stderr.replaceAll(prompt, '')
    // To nothing but sudo's own question, and once.
    if (asks && asked++ === 0) channel.write(`${password ?? ''}\n`)
    else if (asks) channel.close()
    if (!stderr.includes(begin)) return
    stderr = stderr.replace(begin, '')
    begun()
  })
  let signal: string | undefined
  onEnd(channel, (ended, by) => {
    code ??= ended
    signal ??= by
  })
  const closed = new Promise<void>(done => {
    channel.on('close', () => done())
    // Its end follows.
    channel.on('error', () => {})
  })
  const out = output ? pipeline(channel, output) : Promise.resolve(void channel.resume())
  // Both its ends: what it started may hold its pipes when it is gone.
  const breaks = () => {
    channel.close()
    channel.destroy()
  }
  out.catch(breaks)
  await Promise.race([ready, closed])
  // A program that ends before it has read all closes its end: its exit code tells why.
  const fed = input ? pipeline(input, channel as Writable, { end: true }) : Promise.resolve(void channel.end())
  const failed = await Promise.allSettled([
    closed,
    out,
    fed.catch((error: unknown) => {
      if (input?.errored) {
        breaks()
        throw error
      }
    }),
  ])
  if (asked > 1) throw new SudoRefused('wrong', link.user)
  for (const each of failed) if (each.status === 'rejected' && code === 0) throw each.reason
  if (input?.errored) throw input.errored
  if (output?.errored && code === undefined) throw output.errored
  if (code === undefined)
    throw (
      link.lost ??
      new ConnectionLost(`the program ended ${signal === undefined ? 'without an exit code' : `by ${signal}`}${lastOf(stderr)}`)
    )
  return { code, stderr }
}

const lastOf = (stderr: string) => (lastWords(stderr) === '' ? '' : `: ${lastWords(stderr)}`)
