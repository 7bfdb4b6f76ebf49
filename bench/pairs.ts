import { readFileSync } from 'node:fs'
import { alternate, shown, summary } from './measure.ts'

/** What a round gave: how many a second, and the CPU time of the server for each, in milliseconds. */
export interface Round {
  readonly rate: number
  readonly server: number
}

/** What stands above the lines of `compareOf`. */
export const heading = (rounds: number): string =>
  `${rounds} rounds of each in turn; median (least–most); CPU: the server's, ms for each

${''.padEnd(46)}${'FIRST'.padEnd(24)}${'SECOND'.padEnd(24)}${'RATIO'.padEnd(8)}CPU, RATIO`

/** Does the same work in two ways, in turn, and prints a line about it: second through first, round by round. */
export function compareOf<Way>(rounds: number) {
  return async (name: string, round: (way: Way) => Promise<Round>, one: Way, other: Way): Promise<void> => {
    const { a, b } = await alternate(
      rounds,
      () => round(one),
      () => round(other),
    )
    const [first = '', second = ''] = [a, b].map(list => shown(summary(list.map(({ rate }) => rate)), 0).padEnd(24))
    const ratio = (of: keyof Round) => summary(b.map((each, at) => each[of] / (a[at]?.[of] ?? NaN))).median.toFixed(2)
    const cpu = [a, b].map(list => summary(list.map(each => each.server)).median.toFixed(3)).join(' → ')
    console.log(`${name.padEnd(46)}${first}${second}${ratio('rate').padEnd(8)}${cpu}, ${ratio('server')}`)
  }
}

/** CPU time of a process until now, in seconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
