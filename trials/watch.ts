import { setTimeout as sleep } from 'node:timers/promises'
import { toFailure } from '../engine/errors.ts'
import type { Host } from '../engine/inventory/types.ts'
import type { Session } from '../engine/ssh/session.ts'
import { figuresOf, type HostFigures } from './figures.ts'
import { inLines } from './lines.ts'
import { SampleReader, type Sample } from './sample.ts'
import { samplerText } from './sampler.ts'

/** Seconds of this machine's steady clock. */
export const steady = (): number => performance.now() / 1000

/** A host that is looked at once a second. */
export class Watch {
  readonly host: Host
  readonly samples: Sample[] = []
  readonly #reader = new SampleReader()
  /** Why it tells nothing, or nothing more. */
  missing: string | undefined

  constructor(host: Host) {
    this.host = host
  }

  /** Looks for `seconds` at most. Resolves when it ended; it does not throw: a host that cannot be watched is told of. */
  async run(session: Session, seconds: number, stop: AbortSignal): Promise<void> {
    const lines = inLines(line => {
      const sample = this.#reader.take(line, steady())
      if (sample) this.samples.push(sample)
    })
    try {
      const { code, stderr } = await session.run(samplerText(seconds), { stop, onStdout: lines })
      if (!stop.aborted && code !== 0) this.missing = stderr.trim().split('\n').at(-1) || `its figures ended with exit code ${code}`
    } catch (error) {
      this.missing = toFailure(error).message
    }
  }

  /** What it did from `from` to `to`. */
  figures(from: number, to: number): HostFigures | undefined {
    const before = this.samples.filter(({ at }) => at <= from).at(-1)
    const within = this.samples.filter(({ at }) => at > from && at <= to)
    return figuresOf(before && before.at > from - 3 ? [before, ...within] : within, this.#reader.speeds)
  }

  /** The same for each second. */
  series(from: number, to: number): readonly (HostFigures | undefined)[] {
    return Array.from({ length: Math.max(0, Math.floor(to - from)) }, (_, index) => {
      const at = this.samples.findIndex(sample => sample.at > from + index)
      const [before, now] = [this.samples[at - 1], this.samples[at]]
      return before && now && now.at <= from + index + 2 ? figuresOf([before, now], this.#reader.speeds) : undefined
    })
  }

  /** Resolves when the first figures came, or after some seconds without any. */
  async begun(seconds = 20): Promise<void> {
    const end = steady() + seconds
    while (this.samples.length === 0 && this.missing === undefined && steady() < end) await sleep(100)
    if (this.samples.length === 0) this.missing ??= `no figures came within ${seconds} s`
  }
}
