import { readFileSync } from 'node:fs'
import { Problem, codeOf } from './problem.ts'

/** Where Linux says the CPU temperature of a Pi, in thousandths of a degree. */
export const defaultSensor = '/sys/class/thermal/thermal_zone0/temp'

export type SensorErrorKind = 'missing' | 'denied' | 'unreadable' | 'garbage'

export class SensorError extends Problem {
  readonly kind: SensorErrorKind

  constructor(kind: SensorErrorKind, message: string, remedy: string) {
    super(message, remedy)
    this.kind = kind
  }
}

/**
 * The temperature in °C.
 * Read synchronously: sysfs answers from memory in microseconds, and a thread-pool trip costs a Pi 1 more than the read.
 * @throws {SensorError} where the file is missing, unreadable, or holds no temperature
 */
export function readSensor(path: string): number {
  return parseTemperature(contents(path), path)
}

/**
 * °C from the text of a thermal zone (`48312\n` is 48.312).
 * @throws {SensorError} kind `garbage` for anything else, and for what no CPU survives (below −60 or above 200 °C)
 */
export function parseTemperature(text: string, path: string): number {
  const trimmed = text.trim()
  const celsius = Number(trimmed) / 1000
  if (/^-?\d{1,7}$/.test(trimmed) && celsius >= -60 && celsius <= 200) return celsius
  throw new SensorError(
    'garbage',
    `sensor ${path} holds ${JSON.stringify(trimmed.slice(0, 40))}, which is no temperature in thousandths of a degree`,
    'choose another thermal zone: see /sys/class/thermal/thermal_zone*/type',
  )
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SensorError('missing', `sensor ${path} does not exist`, 'give the path of a thermal zone: ls /sys/class/thermal/')
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new SensorError('denied', `sensor ${path} may not be read by this user`, `make it readable: ls -l ${path}`)
    }
    throw new SensorError('unreadable', `sensor ${path} cannot be read (${code})`, 'see dmesg: the kernel driver says why')
  }
}
