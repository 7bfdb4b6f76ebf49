import * as z from 'zod'

const hosts = z.array(z.string().min(1)).min(1).describe('names of hosts')
const milliseconds = z.number().min(1).max(10_000)
const unit = z
  .string()
  .regex(/^[\w@.-]+$/)
  .optional()

/** What can be done to hosts. Every kind is ended by `heal`, and by `lab up`. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** With a unit: its processes are killed, and it stays down. Without: all of the host's end at once; what was written stays. */
  z.strictObject({ kind: z.literal('kill'), hosts, unit }),
  /** Every program (of the unit) stands still; the network card still answers pings. */
  z.strictObject({ kind: z.literal('pause'), hosts, unit }),
  /** The power is cut: what was not yet on the card is gone, too. */
  z.strictObject({ kind: z.literal('power'), hosts }),
  /** The network cable is out. */
  z.strictObject({ kind: z.literal('cut'), hosts }),
  /** These hosts do not reach `from` any more, nor those them; without `from`: all other hosts of the lab. */
  z.strictObject({ kind: z.literal('partition'), hosts, from: hosts.optional() }),
  /** Every packet takes so much longer, one way. */
  z.strictObject({ kind: z.literal('delay'), hosts, milliseconds }),
  /** So many of a hundred packets are lost, each way. Below 0.5 nobody could tell in a short time that it is so. */
  z.strictObject({ kind: z.literal('loss'), hosts, percent: z.number().min(0.5).max(90) }),
  /** Every packet takes something between nothing and so much longer, one way; none overtakes another. */
  z.strictObject({ kind: z.literal('jitter'), hosts, milliseconds: z.number().min(5).max(2000) }),
  /** So many kilobits a second, each way. */
  z.strictObject({ kind: z.literal('bandwidth'), hosts, kilobits: z.number().min(64).max(100_000) }),
  /** Every write answers "No space left on device". */
  z.strictObject({ kind: z.literal('fill-disk'), hosts }),
  /** The kernel found an error on the card, and writes no more to it. */
  z.strictObject({ kind: z.literal('read-only'), hosts }),
  /** The card is dead: what is not in memory cannot be read, nothing can be written. */
  z.strictObject({ kind: z.literal('dead-disk'), hosts }),
  /** The card takes and gives so many kilobytes a second. */
  z.strictObject({ kind: z.literal('slow-disk'), hosts, kilobytes: z.number().min(64).max(100_000) }),
  /** All programs together get this share of one core. */
  z.strictObject({ kind: z.literal('slow-cpu'), hosts, share: z.number().min(0.05).max(4) }),
  /** Programs that start from now on, and the unit, which is started anew, see a clock that is wrong by so many seconds. */
  z.strictObject({
    kind: z.literal('clock'),
    hosts,
    unit,
    seconds: z
      .number()
      .int()
      .refine(seconds => Math.abs(seconds) >= 5, 'at least 5 seconds, either way: less could not be told'),
  }),
  /** SSH shows another host key than the pinned one. */
  z.strictObject({ kind: z.literal('change-host-key'), hosts }),
])

/** One fault, at one host or several. */
export type Fault = z.infer<typeof faultSchema>
export type FaultKind = Fault['kind']
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>

/** What `lab fault` can do to hosts, in words. */
export const faultKinds: Readonly<Record<FaultKind, string>> = {
  kill: 'its programs end at once (--unit: those of one unit, which stays down)',
  pause: 'every program stands still (--unit: those of one unit); its network card answers pings',
  power: 'its power is cut; what was not yet on the card is gone',
  cut: 'its network cable is out',
  partition: 'it does not reach other hosts (--from: these), nor they it',
  delay: 'every packet takes --ms longer, each way',
  loss: '--percent of its packets are lost, each way',
  jitter: 'every packet takes up to --ms longer, each way',
  bandwidth: '--kbit a second, each way',
  'fill-disk': 'every write fails: no space left on device',
  'read-only': 'an error on the card: the kernel writes no more to it',
  'dead-disk': 'its card answers no more',
  'slow-disk': 'its card does --kbytes a second',
  'slow-cpu': 'all its programs get --share of one core',
  clock: 'programs started from now on (--unit: started anew) see a clock that is --seconds wrong',
  'change-host-key': 'it shows another host key than the pinned one',
}

/** What shapes packets: several of them at one host add up. */
export const shapingKinds = ['delay', 'loss', 'jitter', 'bandwidth'] as const
export type Shaping = FaultOf<(typeof shapingKinds)[number]>

export const isShaping = (fault: Fault): fault is Shaping => (shapingKinds as readonly string[]).includes(fault.kind)

/** A fault in one line: `loss of 20 % at producer1 producer2`. */
export function faultText(fault: Fault): string {
  const at = `at ${fault.hosts.join(' ')}`
  switch (fault.kind) {
    case 'delay':
    case 'jitter':
      return `${fault.kind} of ${fault.milliseconds} ms ${at}`
    case 'loss':
      return `loss of ${fault.percent} % ${at}`
    case 'bandwidth':
      return `bandwidth of ${fault.kilobits} kbit/s ${at}`
    case 'slow-disk':
      return `slow-disk of ${fault.kilobytes} kB/s ${at}`
    case 'slow-cpu':
      return `slow-cpu of ${fault.share} of a core ${at}`
    case 'clock':
      return `clock ${fault.seconds > 0 ? '+' : ''}${fault.seconds} s${fault.unit ? ` for ${fault.unit}` : ''} ${at}`
    case 'kill':
    case 'pause':
      return `${fault.kind}${fault.unit ? ` of ${fault.unit}` : ''} ${at}`
    case 'partition':
      return `partition of ${fault.hosts.join(' ')} from ${fault.from?.join(' ') ?? 'all others'}`
    default:
      return `${fault.kind} ${at}`
  }
}
