import { expect } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { expectPlain, inside, told, type Told, type Workplace } from './engine-support.ts'

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
