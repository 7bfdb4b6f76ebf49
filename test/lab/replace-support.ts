import type { Readable } from 'node:stream'
import { expect } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { expectPlain, inside, told, type Told, type Workplace } from './engine-support.ts'

/** Where a command is killed: at an event that it tells in a line of JSON, and so many milliseconds later. */
export interface Kill {
  readonly at: (event: Readonly<Record<string, unknown>>) => boolean
  readonly after?: number
}

/** What starts commands. */
interface Starts {
  command(name: string, words: readonly string[]): Started
}
interface Started extends PromiseLike<{ readonly signal?: string; readonly exitCode?: number; readonly all?: string }> {
  readonly stdout: Readable | null
  kill(signal: 'SIGKILL'): boolean
}

/** Starts a command and kills it there; false where it came to its end first, which must be a good one. */
export async function killed(place: Starts, command: string, words: readonly string[], { at, after = 0 }: Kill): Promise<boolean> {
  const begun = place.command(command, [...words, '--json'])
  let rest = ''
  let seen = false
  begun.stdout?.on('data', (piece: Buffer) => {
    const lines = (rest + piece.toString()).split('\n')
    rest = lines.pop() ?? ''
    if (seen || !lines.some(line => line.startsWith('{"event":') && at(JSON.parse(line) as Record<string, unknown>))) return
    seen = true
    setTimeout(() => begun.kill('SIGKILL'), after)
  })
  const ended = await begun
  if (ended.signal !== 'SIGKILL') expect(ended.exitCode, told(ended).text.slice(-3000)).toBe(0)
  return ended.signal === 'SIGKILL'
}

/** Makes hosts of an inventory whose cards will die: all alike, but for their roles. */
export const hostsAt =
  <Name extends string>(addresses: Readonly<Record<Name, string>>) =>
  (name: Name, roles: readonly string[], vars: object = {}) => ({
    address: addresses[name],
    user: 'pi',
    model: 'rpi3b',
    os: 'bookworm',
    roles: ['base', ...roles],
    lab: { cpu: 1.4 },
    vars,
  })

/** When a replacement begins a state. */
export const begins =
  (state: string): Kill['at'] =>
  event =>
    event['event'] === 'step' && event['state'] === state

/** What both proofs of replaced cards ask of a fleet with a `mysql` and a `producer1`, once it is booted. */
export function replaceQuestions(place: Workplace, at: () => { readonly fleet: Fleet; readonly file: string }) {
  const on = (host: string, script: string): Promise<string> => inside(at().fleet, host, script)
  const run = async (command: string, ...words: string[]): Promise<Told> =>
    told(await place.command(command, [...words, '--inventory', at().file]))
  const sql = (text: string): Promise<string> => on('mysql', `mariadb -N temperature -e "${text}"`)
  return {
    on,
    run,
    sql,
    async well(command: string, ...words: string[]): Promise<string> {
      const ended = await run(command, ...words)
      expect(ended.code, ended.text).toBe(0)
      expectPlain(ended)
      return ended.text
    },
    /** Count and sum of all rows up to a date. */
    sums: (until: string): Promise<string> =>
      sql(
        `SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', reading_location, reading_date, reading_note, reading_value))) FROM reading WHERE reading_date <= '${until}'`,
      ),
    /** The number of the producer's last reading. */
    lastNumber: (): Promise<number> =>
      on('producer1', 'collect queue --config /etc/collector/config.json --json').then(said =>
        Number((JSON.parse(said) as { last: number }).last),
      ),
  }
}
