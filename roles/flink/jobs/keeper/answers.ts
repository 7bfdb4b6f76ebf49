import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HealthAnswer, JobAnswer } from '../health.ts'
import type { Job } from '../job.ts'
import type { Keeper } from './keeper.ts'
import type { Rest } from './rest.ts'
import { ended } from './seen.ts'

/** How far a run was when it was last seen to move; milliseconds. */
interface Mark {
  readonly watermark: number
  readonly at: number
}

interface Vertices {
  readonly 'start-time': number
  readonly vertices: readonly { readonly id: string }[]
}

/** How far a run is in the readings' time: its slowest part that has come anywhere. Undefined: none has. */
export async function watermarkOf(rest: Rest, id: string, { vertices }: Vertices): Promise<number | undefined> {
  const found: number[] = []
  for (const vertex of vertices) {
    const values = await rest.get<readonly { readonly value: string }[]>(`/jobs/${id}/vertices/${vertex.id}/watermarks`)
    // Before the first one it is the least number there is, at the end of all the greatest.
    found.push(...values.map(({ value }) => Number(value)).filter(value => Math.abs(value) < 8.64e15))
  }
  return found.length === 0 ? undefined : Math.min(...found)
}

/** Records that wait in the topic; undefined: Flink does not tell. */
export async function pendingOf(rest: Rest, id: string, { vertices }: Vertices): Promise<number | undefined> {
  for (const vertex of vertices) {
    const path = `/jobs/${id}/vertices/${vertex.id}/subtasks/metrics`
    const names = (await rest.get<readonly { readonly id: string }[]>(path))
      .map(metric => metric.id)
      .filter(name => /readings.*pendingRecords$/.test(name))
    if (names.length === 0) continue
    const sums = await rest.get<readonly { readonly sum?: number }[]>(`${path}?get=${names.map(encodeURIComponent).join(',')}`)
    return sums.reduce((all, { sum = 0 }) => all + sum, 0)
  }
  return undefined
}

/** How far runs were, by their ids: written after each round, so that it is known since when one stands still. */
export class Marks {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'watermarks.json')
  }

  read(): Readonly<Record<string, Mark>> {
    return existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as Readonly<Record<string, Mark>>) : {}
  }

  write(marks: Readonly<Record<string, Mark>>): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(marks), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
  }
}

/** How all jobs are, and how far. `before`: how far they were. */
export async function answers(
  keeper: Keeper,
  wanted: readonly Job[],
  before: Readonly<Record<string, Mark>>,
  now = Date.now(),
): Promise<{ readonly answer: HealthAnswer; readonly marks: Readonly<Record<string, Mark>> }> {
  const marks: Record<string, Mark> = {}
  try {
    const all = await keeper.rest.jobs()
    const jobs: JobAnswer[] = []
    for (const name of await keeper.names(wanted)) {
      const record = keeper.records.read(name)
      const job = all.find(({ id }) => id === record?.run?.id)
      const version = wanted.find(each => each.name === name)
      const refused = version && record?.refused?.[version.hash]
      const base = { name, wanted: version !== undefined, ...(refused !== undefined && { refused }) }
      if (!job || ended(job)) {
        jobs.push(base)
        continue
      }
      const vertices = await keeper.rest.get<Vertices>(`/jobs/${job.id}`)
      const watermark = await watermarkOf(keeper.rest, job.id, vertices)
      const last = before[job.id]
      const mark = last !== undefined && last.watermark === (watermark ?? 0) ? last : { watermark: watermark ?? 0, at: now }
      marks[job.id] = mark
      jobs.push({
        ...base,
        state: job.state,
        still: seconds(now - mark.at),
        ...(await ofRun(keeper.rest, job.id, vertices, now)),
        ...(watermark !== undefined && { watermark }),
      })
    }
    return { answer: { jobs, left: (await keeper.left()).length }, marks }
  } catch (error) {
    return { answer: { silent: error instanceof Error ? error.message : String(error) }, marks: before }
  }
}

async function ofRun(rest: Rest, id: string, vertices: Vertices, now: number): Promise<Partial<JobAnswer>> {
  const { completed } = (await rest.checkpoints(id)).latest
  const pending = await pendingOf(rest, id, vertices)
  const thrown = (await rest.thrown(id))?.split('\n')[0]?.slice(0, 200)
  return {
    age: seconds(now - vertices['start-time']),
    ...(completed && { checkpoint: seconds(now - completed.latest_ack_timestamp) }),
    ...(pending !== undefined && { pending }),
    ...(thrown !== undefined && { thrown }),
  }
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000))
