import { execa } from 'execa'
import { LabError } from './errors.ts'

/** A program with its arguments; nothing goes through a shell. */
export type Command = readonly [string, ...string[]]

export interface Outcome {
  /** Exit code; 128 + signal number is not used: a killed program gives -1. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** System programs live in sbin, which a user's PATH may lack; messages are read by us, so in English. */
const environment = { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' }

/** Runs a program and tells how it went; never throws for its exit code. */
export async function attempt(command: Command, options: RunOptions = {}): Promise<Outcome> {
  const [file, ...args] = command
  const result = await execa(file, args, {
    reject: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    env: { ...environment, ...options.env },
  })
  const missing = result.failed && result.exitCode === undefined && result.signal === undefined
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: missing ? (result.shortMessage ?? '') : result.stderr }
}

/**
 * Runs a program and returns what it printed.
 * @throws LabError with the command and its last lines when it exits other than 0.
 */
export async function run(command: Command, options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, options)
  if (code === 0) return stdout
  const lines = (stderr || stdout).trim().split('\n').slice(-5).join('\n  ')
  throw new LabError(`\`${command.join(' ')}\` failed (${code}):\n  ${lines}`)
}

/** Runs commands one after the other, stopping at the first that fails. */
export async function runAll(commands: Iterable<Command>): Promise<void> {
  for (const command of commands) await run(command)
}
