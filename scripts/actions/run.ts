import { selectHosts } from '../../engine/inventory/select.ts'
import { UsageError } from '../../engine/errors.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { words } from '../../engine/shell.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { asking } from '../../cli/asking.ts'
import { tellFailure } from '../../cli/failures.ts'
import { fleetOf } from './fleet-of.ts'
import { out, outJson, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'

export interface RunFlags extends CommonOptions {
  readonly acceptNewKeys?: true
  /** Seconds. */
  readonly timeout: string
}

/**
 * Runs a command as root on hosts, all at once: each line it prints stands behind its host's name. One word is a command line for the shell, several are a program and
 * its arguments. Exit code 1 where it failed on a host.
 */
export async function runOnHosts(patterns: readonly string[], command: readonly string[], flags: RunFlags): Promise<void> {
  const timeout = Number(flags.timeout)
  if (!(timeout > 0)) throw new UsageError(`--timeout wants seconds above 0, not "${flags.timeout}"`)
  const [only] = command
  if (only === undefined) throw new UsageError('there is nothing to run', 'name it behind two hyphens: fleet run producers -- uptime')
  const fleet = await fleetOf('fleet', flags)
  const hosts = selectHosts(fleet, patterns)
  const text = command.length === 1 ? only : words(command)
  const width = Math.max(...hosts.map(({ name }) => name.length))
  const answers = await onEach(fleet, hosts, { acceptNewKeys: flags.acceptNewKeys === true, ...asking() }, async (session, { name }) => {
    const lines = byLine(line => {
      if (!flags.json) out(`${name.padEnd(width)} | ${line}\n`)
    })
    const ran = await session.run(`{ ${text}\n} 2>&1`, { timeout, onStdout: lines.take })
    lines.end()
    return { code: ran.code, output: ran.stdout }
  })
  if (flags.json) outJson(Object.fromEntries(answers), 2)
  for (const [name, answer] of answers) {
    if ('value' in answer && answer.value.code === 0) continue
    process.exitCode = exitCodes.failed
    if (flags.json) continue
    if ('failure' in answer) tellFailure(name, answer.failure)
    else tell(`${name}: exit code ${answer.value.code}`)
  }
}

/** Passes text on in whole lines; the last one when it ends. */
function byLine(each: (line: string) => void): { take(text: string): void; end(): void } {
  let rest = ''
  return {
    take(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) each(line)
    },
    end() {
      if (rest !== '') each(rest)
    },
  }
}
