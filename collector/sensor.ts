import { closeSync, constants, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { Problem, codeOf } from './problem.ts'

/** Where Linux says the CPU temperature of a Pi, in thousandths of a degree. */
export const defaultSensor = '/sys/class/thermal/thermal_zone0/temp'

export type SensorErrorKind = 'missing' | 'denied' | 'unreadable' | 'garbage' | 'silent'

export class SensorError extends Problem {
  readonly kind: SensorErrorKind

  constructor(kind: SensorErrorKind, message: string, remedy: string) {
    super(message, remedy)
    this.kind = kind
  }
}

/** More than any temperature is long. */
const longest = 256
type ReadFrom = (fd: number, into: Buffer) => Promise<{ readonly bytesRead: number }>
const readBytes = promisify(read)
const readFile: ReadFrom = (fd, into) => readBytes(fd, into, 0, into.length, null)

/**
 * The temperature in °C, read synchronously.
 * @throws {SensorError} where the file is missing, unreadable, or holds no temperature
 */
export function readSensor(path: string): number {
  const fd = open(path)
  const bytes = Buffer.alloc(longest)
  try {
    return parseTemperature(bytes.toString('utf8', 0, readSync(fd, bytes, 0, longest, null)), path)
  } catch (error) {
    throw explained(error, path)
  } finally {
    closeSync(fd)
  }
}

/**
 * A function that reads the temperature in °C and gives up after `limit` milliseconds. A driver that never answers holds one of the
 * process's few helping threads, so no other read begins while one hangs.
 * What it gives rejects with a {SensorError} as `readSensor` throws, and of kind `silent` where nothing answers.
 */
export function sensorReader(path: string, limit = 2000, readFrom: ReadFrom = readFile): () => Promise<number> {
  let hanging = false
  async function text(): Promise<string> {
    const fd = open(path)
    const bytes = Buffer.alloc(longest)
    hanging = true
    try {
      const { bytesRead } = await readFrom(fd, bytes)
      return bytes.toString('utf8', 0, bytesRead)
    } finally {
      hanging = false
      closeSync(fd)
    }
  }
  return async () => {
    if (hanging) throw silent(path, limit)
    const answer = text()
    // After the limit nobody waits for it.
    answer.catch(() => {})
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(silent(path, limit)), limit)))
    try {
      return parseTemperature(await Promise.race([answer, late]), path)
    } catch (error) {
      throw explained(error, path)
    } finally {
      clearTimeout(timer)
    }
  }
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

/** Opens it so that neither this nor a read waits for a pipe that nobody writes to. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw explained(error, path)
  }
}

const silent = (path: string, limit: number): SensorError =>
  new SensorError(
    'silent',
    `sensor ${path} does not answer within ${limit} ms`,
    'look at its wires and at dmesg: a driver that hangs needs a restart of the Pi',
  )

function explained(error: unknown, path: string): SensorError {
  if (error instanceof SensorError) return error
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new SensorError('missing', `sensor ${path} does not exist`, 'give the path of a thermal zone: ls /sys/class/thermal/')
  if (code === 'EACCES' || code === 'EPERM')
    return new SensorError('denied', `sensor ${path} may not be read by this user`, `make it readable: ls -l ${path}`)
  if (code === 'EAGAIN') return new SensorError('silent', `sensor ${path} has nothing to say`, 'look at who writes to it')
  return new SensorError('unreadable', `sensor ${path} cannot be read (${code})`, 'see dmesg: the kernel driver says why')
}
