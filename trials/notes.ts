/** A figure of the notes that this fleet was built from: what was seen on their Pis. */
export interface Noted {
  readonly backend: string
  /** Of the whole trial, in readings a second. */
  readonly tps: number
  readonly told: string
}

/** One thread on one producer (a Raspberry Pi 2). */
export const notedOne: readonly Noted[] = [
  { backend: 'cassandra', tps: 128, told: 'consumer CPU 30 %, IO 13 ms; producer CPU 18 %' },
  { backend: 'mariadb', tps: 238, told: 'consumer CPU 21 %, IO 320 ms; producer CPU 11 %' },
  { backend: 'kafka', tps: 147, told: 'consumer CPU 9 %, IO 4 ms; producer CPU 25 %' },
  { backend: 'awsiot', tps: 740, told: 'producer CPU 25 %' },
]

/** The most that was reached, with all producers that it took. */
export const notedMost: readonly Noted[] = [
  { backend: 'mariadb', tps: 2840, told: 'one server' },
  { backend: 'cassandra', tps: 1152, told: '1040 with one node, 1152 with two; consumer CPU' },
  { backend: 'awsiot', tps: 25_076, told: 'four producers, all of their CPU' },
]

/** The notes' figure beside a trial: one producer with one thread has the first kind, all others the most that was reached. */
export function notedBeside(backend: string, producers: number, threads: number): number | undefined {
  const list = producers * threads === 1 ? notedOne : notedMost
  return list.find(each => each.backend === backend)?.tps
}
