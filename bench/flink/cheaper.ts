/** What was measured, in seconds of processor time. */
export interface Costs {
  /** Of Flink's processes in a minute without readings. */
  readonly rest: number
  /** Of Flink's processes and of the store for one reading of a full topic. */
  readonly reading: number
  /** Of MariaDB for one raw reading that its own query looks at. */
  readonly row: number
}

/** Readings that a query looks at each minute, as minutes of them. */
export type Looks = number

/** Seconds of processor time in a minute at so many readings a second. */
export const ofFlink = ({ rest, reading }: Costs, rate: number): number => rest + 60 * rate * reading
export const ofMariadb = ({ row }: Costs, rate: number, minutes: Looks): number => 60 * rate * minutes * row

/** Readings a second from which Flink spends less; undefined: it never does. */
export function cheaperFrom({ rest, reading, row }: Costs, minutes: Looks): number | undefined {
  const gained = 60 * (minutes * row - reading)
  return gained > 0 ? rest / gained : undefined
}

/** Readings a second at which MariaDB's own query takes all of a share of a core, where it looks at the last minutes each minute. */
export const mostOfMariadb = ({ row }: Pick<Costs, 'row'>, share: number, minutes: Looks): number => share / (minutes * row)
