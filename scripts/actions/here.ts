import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { Failed } from '../../engine/errors.ts'
import type { Fleet } from '../../engine/inventory/types.ts'

/**
 * Runs a program of this machine in the project's folder. Its output goes where messages go: data of a person's command stay alone.
 * `asks`: it may ask the person. @throws Failed where it ends with an error
 */
export async function ranHere(
  [program = '', ...words]: readonly string[],
  { file }: Fleet,
  { again, asks = false }: { readonly again: string; readonly asks?: boolean },
): Promise<void> {
  const { exitCode, failed, shortMessage } = await execa(program, words, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { FLEET_INVENTORY: resolve(file) },
    stdio: [asks ? 'inherit' : 'ignore', process.stderr, process.stderr],
    reject: false,
  })
  if (!failed) return
  throw new Failed({
    message: `\`${[program, ...words].join(' ')}\` ended ${exitCode === undefined ? `without an exit code: ${shortMessage}` : `with exit code ${exitCode}`}`,
    hint: `its own words are above; mend the cause, then: ${again}`,
  })
}
