/** What a host's kernel said at one moment: counters since its start, and what is now. */
export interface Sample {
  /** When it came here, in seconds of this machine's steady clock. */
  readonly at: number
  /** Ticks, of all cores together (`cpu`) and of each. Idle: neither work nor waiting for a disk. */
  readonly cpus: Readonly<Record<string, { readonly busy: number; readonly waits: number; readonly all: number }>>
  /** Bytes. */
  readonly memory: { readonly total: number; readonly available: number }
  /** Major faults, and pages from and to swap. */
  readonly faults: number
  readonly swapped: number
  /** By device: requests, milliseconds they took together, milliseconds in which there was one at all, bytes. */
  readonly disks: Readonly<
    Record<string, { readonly requests: number; readonly took: number; readonly busy: number; readonly bytes: number }>
  >
  /** By interface, bytes. */
  readonly net: Readonly<Record<string, { readonly received: number; readonly sent: number }>>
  /** Seconds in which some program waited for the resource; absent where the kernel does not count them. */
  readonly pressure: { readonly cpu?: number; readonly io?: number; readonly memory?: number }
  /** °C. */
  readonly temperature?: number
  /** The firmware's bits; see `throttledNow`. */
  readonly throttled?: number
  /** Seconds a round trip takes at least, by the other end's address. */
  readonly trips: Readonly<Record<string, number>>
}

/** Reads what `samplerText` prints, a line after the other. */
export class SampleReader {
  /** Bits a second an interface can carry, where it says so. */
  readonly speeds: Record<string, number> = {}
  #lines: string[] | undefined

  /** A sample, when this line ends one. `now`: seconds. */
  take(line: string, now: number): Sample | undefined {
    const [, name = '', speed = ''] = /^speed \/sys\/class\/net\/([^/]+)\/speed (\d+)$/.exec(line) ?? []
    if (name !== '') this.speeds[name] = Number(speed) * 1e6
    else if (line === 'sample') this.#lines = []
    else if (line === 'end' && this.#lines) {
      const lines = this.#lines
      this.#lines = undefined
      return sampleOf(lines, now)
    } else this.#lines?.push(line)
    return undefined
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A sample of one round's lines; undefined where the host told nothing of its processor. */
export function sampleOf(lines: readonly string[], at: number): Sample | undefined {
  const cpus: Record<string, Sample['cpus'][string]> = {}
  const disks: Record<string, Sample['disks'][string]> = {}
  const net: Record<string, Sample['net'][string]> = {}
  const pressure: Writable<Sample['pressure']> = {}
  const trips: Record<string, number> = {}
  let total = 0
  let available = 0
  let faults = 0
  let swapped = 0
  let temperature: number | undefined
  let throttled: number | undefined
  let peer = ''
  for (const line of lines) {
    if (line.startsWith('tcp ')) {
      peer = peerOf(line) ?? peer
      const [, trip] = /\bminrtt:([\d.]+)/.exec(line) ?? []
      if (trip !== undefined) trips[peer] = Math.min(trips[peer] ?? Infinity, Number(trip) / 1000)
      continue
    }
    const bits = /^throttled throttled=0x([0-9a-f]+)/.exec(line)
    if (bits) throttled = parseInt(bits[1] ?? '0', 16)
    const [, file = '', text = ''] = /^(\/proc\/[a-z/]+|\/sys\/\S*(?:pressure|temp|get_throttled)):(.*)$/.exec(line) ?? []
    const words = text.trim().split(/\s+/)
    const number = (index: number): number => Number(words[index] ?? 0)
    if (file === '/proc/stat') {
      // user nice system idle iowait irq softirq steal; guests are in user and nice already.
      const ticks = words.slice(1, 9).map(Number)
      const all = ticks.reduce((sum, each) => sum + each, 0)
      const waits = ticks[4] ?? 0
      cpus[words[0] ?? ''] = { busy: all - (ticks[3] ?? 0) - waits, waits, all }
    } else if (file === '/proc/meminfo') {
      if (words[0] === 'MemTotal:') total = number(1) * 1024
      else if (words[0] === 'MemAvailable:') available = number(1) * 1024
    } else if (file === '/proc/vmstat') {
      if (words[0] === 'pgmajfault') faults = number(1)
      else if (words[0]?.startsWith('pswp')) swapped += number(1)
    } else if (file === '/proc/diskstats') {
      // https://www.kernel.org/doc/Documentation/iostats.txt; a sector is 512 bytes.
      disks[words[2] ?? ''] = {
        requests: number(3) + number(7),
        took: number(6) + number(10),
        busy: number(12),
        bytes: (number(5) + number(9)) * 512,
      }
    } else if (file === '/proc/net/dev') {
      const [, name = '', rest = ''] = /^([^:]+):\s*(.*)$/.exec(text.trim()) ?? []
      const counts = rest.split(/\s+/).map(Number)
      net[name] = { received: counts[0] ?? 0, sent: counts[8] ?? 0 }
    } else if (words[0] === 'some') {
      const [, of] = /(cpu|io|memory)(?:\.pressure)?$/.exec(file) ?? []
      const [, micros] = /total=(\d+)/.exec(text) ?? []
      if (of !== undefined && micros !== undefined) pressure[of as keyof Sample['pressure']] = Number(micros) / 1e6
    } else if (file.startsWith('/sys/class/thermal/')) temperature = Number(text) / 1000
    else if (file.endsWith('/get_throttled')) throttled = parseInt(text, 16)
  }
  if (!cpus['cpu']) return undefined
  return {
    at,
    cpus,
    memory: { total, available },
    faults,
    swapped,
    disks,
    net,
    pressure,
    ...(temperature !== undefined && { temperature }),
    ...(throttled !== undefined && { throttled }),
    trips,
  }
}

/** The address at the other end, in a line of `ss -Htin`; undefined where it is a line of figures. */
function peerOf(line: string): string | undefined {
  const [, receives, , , peer = ''] = line.split(/\s+/)
  return /^\d+$/.test(receives ?? '')
    ? peer
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, '')
        .replace(/^::ffff:/, '')
    : undefined
}

/** What holds a Pi back now, by the firmware's bits (`vcgencmd get_throttled`). */
export function throttledNow(bits: number): readonly string[] {
  const words = ['under-voltage', 'frequency capped', 'throttled', 'soft temperature limit']
  return words.filter((_, bit) => bits & (1 << bit))
}
