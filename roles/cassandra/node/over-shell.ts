import type { ActContext } from '../../../engine/act.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { Failed } from '../../../engine/errors.ts'
import { asksNode, asksStatus, memberQuestion, parseStatus, readMember } from '../ring/index.ts'
import { cleaningUnit, commandOf, leavingUnit } from './commands.ts'
import type { RingHosts } from './port.ts'
import { joinedQuestion, readJoined, readState, stateQuestion } from './question.ts'

/** Runs shell text as root on a host and gives what it printed. Throws where it ended with an error. */
export type RunOn = (host: string, text: Shell, seconds: number) => Promise<string>

/** Pis over shell text. */
export function overShell(run: RunOn, keyspace: string): RingHosts {
  return {
    state: async host => readState(await run(host, stateQuestion, 120)),
    sees: async host => parseStatus(await run(host, `${asksNode}\n${asksStatus(keyspace)}; true`, 120)),
    member: async host => readMember(await run(host, memberQuestion(keyspace), 300)),
    joined: async host => readJoined(await run(host, joinedQuestion, 120)),
    perform: async (host, action) => void (await run(host, commandOf(action), 300)),
    words: async (host, of) =>
      (await run(host, wordsOf(of), 60))
        .split('\n')
        .map(line => line.trim())
        .filter(Boolean),
  }
}

function wordsOf(of: 'server' | 'leaving' | 'cleaning'): Shell {
  if (of === 'server')
    return `journalctl -u cassandra -n 80 -o cat --no-pager | grep -E 'ERROR|Exception|WARN|refus|cannot' | tail -n 8; true`
  return `tail -n 8 /run/${of === 'leaving' ? leavingUnit : cleaningUnit}.log 2>/dev/null; true`
}

/** The Pis of a fleet as an act of one of them sees them. */
export function overContext({ $, host, fleet, on }: Pick<ActContext, '$' | 'host' | 'fleet' | 'on'>, keyspace: string): RingHosts {
  return overShell(async (name, text) => {
    const other = fleet.hosts.find(each => each.name === name)
    if (!other) throw new Failed({ message: `there is no host "${name}" in this fleet` })
    const shell = name === host.name ? $ : await on(other)
    return (await shell`bash -c ${text}`).stdout
  }, keyspace)
}
