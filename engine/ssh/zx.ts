import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { $, type Options } from 'zx'
import type { Session } from './session.ts'

/**
 * zx's own `$` whose commands run on the Pi, as root, one after the other over the open session.
 * Time limits are ours: zx would kill a local process of the same number. Local folders and variables do not travel.
 */
export function remoteShell(session: Session): typeof $ {
  const spawn = ((text: string, _args: readonly string[], options: SpawnOptions) => {
    const stdout = new PassThrough()
    const stderr = new PassThrough()
    const stdin = new PassThrough()
    stdin.resume()
    const child = Object.assign(new EventEmitter(), {
      stdin,
      stdout,
      stderr,
      stdio: [stdin, stdout, stderr],
      pid: undefined,
      kill: () => false,
    })
    // zx waits for `close` also after an error.
    const broken = (error: Error) => {
      child.emit('error', error)
      child.emit('close', null, null)
    }
    session
      .run(`set -euo pipefail\n${text}`, { timeout: 120, onStdout: chunk => stdout.write(chunk), onStderr: chunk => stderr.write(chunk) })
      .then(
        ({ code }) => {
          stdout.end()
          stderr.end()
          child.emit('exit', code, null)
          child.emit('close', code, null)
        },
        (error: Error) => {
          stdout.end()
          stderr.end()
          broken(error)
        },
      )
    options.signal?.addEventListener('abort', () => broken(new Error('aborted')))
    return child as unknown as ChildProcess
  }) as unknown as Options['spawn']
  return $({ spawn, prefix: '', postfix: '', quiet: true, verbose: false, shell: 'bash' }) as typeof $
}
