import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { Problem, codeOf } from './problem.ts'

/** Where a password file is: a relative name is one of systemd's credentials when it gives any, else it is beside the config. */
export function passwordPath(file: string, configPath: string, credentials = process.env['CREDENTIALS_DIRECTORY']): string {
  return isAbsolute(file) ? file : join(credentials ?? dirname(configPath), file)
}

/** The password in a file, without the newline at its end. @throws {Problem} where it cannot be read */
export function readPassword(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Problem(
      `cannot read the password file ${path} (${codeOf(error)})`,
      'create it, readable by the user of this process and by nobody else',
    )
  }
}

/** Reads the password that a config names, each time it is asked for; empty where it names none. @throws {Problem} then */
export const passwordOf =
  ({ passwordFile }: { readonly passwordFile?: string | undefined }, configPath: string) =>
  (): string =>
    passwordFile === undefined ? '' : readPassword(passwordPath(passwordFile, configPath))
