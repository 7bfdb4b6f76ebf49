import type { ValueSource } from '../inventory/types.ts'
import { SecretsError } from './secrets-error.ts'
import type { Secrets } from './secrets.ts'

export interface ResolveOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Seconds a command may take; default 60: it may have to ask for a passphrase. */
  readonly timeout?: number
}

/**
 * The value an inventory points to: from the environment, from a command's output (`pass show pi`), or from the fleet's
 * own secrets. It is hidden from all output from then on.
 * @throws SecretsError when there is none; it names the variable or command, never its output.
 */
export async function resolveValue(source: ValueSource, secrets: Secrets, options: ResolveOptions = {}): Promise<string> {
  const value = await read(source, secrets, options)
  secrets.redactor.add(value)
  return value
}

async function read(source: ValueSource, secrets: Secrets, { env = process.env, timeout = 60 }: ResolveOptions): Promise<string> {
  if ('env' in source) {
    const value = env[source.env]
    if (!value) throw new SecretsError(`the environment variable ${source.env} is not set`, `set it: export ${source.env}=…`)
    return value
  }
  if ('secret' in source) {
    // One made up here would only be a wrong password.
    const value = secrets.show(source.secret)
    if (value === undefined) throw new SecretsError(`there is no secret "${source.secret}"`, `keep one: npx secret set ${source.secret}`)
    return value
  }
  return await output(source.command, env, timeout)
}

async function output(command: string, env: NodeJS.ProcessEnv, timeout: number): Promise<string> {
  const { execa } = await import('execa')
  // Standard input is the terminal's, so that a password manager can ask; what it says besides may hold anything and is dropped.
  const result = await execa(command, {
    shell: true,
    stdin: 'inherit',
    stderr: 'ignore',
    env,
    extendEnv: false,
    timeout: timeout * 1000,
    reject: false,
    stripFinalNewline: true,
  })
  if (result.timedOut) throw new SecretsError(`the command for a password took more than ${timeout} s: ${command}`)
  if (result.failed) {
    const how = result.exitCode === undefined ? `ended by ${result.signal ?? 'an error'}` : `exit code ${result.exitCode}`
    throw new SecretsError(`the command for a password failed (${how}): ${command}`, 'run it by hand to see why')
  }
  if (result.stdout === '') throw new SecretsError(`the command for a password printed nothing: ${command}`)
  return result.stdout
}
