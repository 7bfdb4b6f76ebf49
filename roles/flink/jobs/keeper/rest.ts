import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { RestAddress } from './config.ts'
import type { JobSeen, StopSeen } from './seen.ts'

/** REST has answered, and the answer is no. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What `/jobs/ID/checkpoints` says, as far as it is read. */
export interface CheckpointsAnswer {
  readonly counts: { readonly completed: number; readonly failed: number; readonly restored: number }
  readonly latest: { readonly completed: { readonly external_path: string; readonly latest_ack_timestamp: number } | null }
}

/** The JobManager's REST, as far as jobs need it. Each call throws where it does not answer: then nothing is known. */
export class Rest {
  readonly #address: RestAddress

  constructor(address: RestAddress) {
    this.#address = address
  }

  async jobs(): Promise<readonly JobSeen[]> {
    interface Answer {
      readonly jobs: readonly { readonly jid: string; readonly name: string; readonly state: string }[]
    }
    const { jobs } = await this.get<Answer>('/jobs/overview')
    return jobs.map(({ jid, name, state }) => ({ id: jid, name, state }))
  }

  checkpoints(id: string): Promise<CheckpointsAnswer> {
    return this.get(`/jobs/${id}/checkpoints`)
  }

  /** What was thrown last, and why it was; undefined: nothing. */
  async thrown(id: string): Promise<string | undefined> {
    interface Answer {
      readonly exceptionHistory?: { readonly entries: readonly { readonly stacktrace?: string }[] }
    }
    const { exceptionHistory } = await this.get<Answer>(`/jobs/${id}/exceptions?maxExceptions=1`)
    return exceptionHistory?.entries[0]?.stacktrace
  }

  /** Asks a job to stop with a savepoint. The same `trigger` again is the same request. */
  async stop(id: string, trigger: string, into: string): Promise<void> {
    await this.#ask('POST', `/jobs/${id}/stop`, { targetDirectory: `file://${into}`, drain: false, triggerId: trigger })
  }

  async stopped(id: string, trigger: string): Promise<StopSeen> {
    interface Answer {
      readonly status: { readonly id: string }
      readonly operation?: {
        readonly location?: string
        readonly 'failure-cause'?: { readonly class?: string; readonly 'stack-trace'?: string }
      }
    }
    try {
      const { status, operation } = await this.get<Answer>(`/jobs/${id}/savepoints/${trigger}`)
      if (status.id !== 'COMPLETED') return 'under way'
      if (operation?.location !== undefined) return { location: operation.location.replace(/^file:(\/\/)?/, '') }
      const cause = operation?.['failure-cause']
      return { failed: firstLines(cause?.['stack-trace'] ?? cause?.class ?? 'it does not say why') }
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return 'unknown'
      throw error
    }
  }

  /** Ends a job without a savepoint; its checkpoints stay. */
  async cancel(id: string): Promise<void> {
    await this.#ask('PATCH', `/jobs/${id}?mode=cancel`)
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#ask('GET', path)) as T
  }

  #ask(method: string, path: string, content?: object): Promise<unknown> {
    const { url, tls } = this.#address
    const own = tls?.own === undefined ? undefined : readFileSync(tls.own, 'utf8')
    const options = {
      method,
      timeout: 20_000,
      headers: content ? { 'content-type': 'application/json' } : {},
      ...(tls && { ca: readFileSync(tls.ca, 'utf8'), ...(own !== undefined && { cert: own, key: own }) }),
    }
    return new Promise((resolve, reject) => {
      const request = (url.startsWith('https:') ? https : http).request(new URL(path, url), options, response => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8')
          const status = response.statusCode ?? 0
          if (status >= 300) return reject(new Refused(status, `${method} ${path}: ${status} ${firstLines(text)}`))
          try {
            resolve(text === '' ? {} : JSON.parse(text))
          } catch {
            reject(new Error(`${method} ${path}: the answer is no JSON`))
          }
        })
      })
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer in 20 s`)))
      request.on('error', reject)
      request.end(content && JSON.stringify(content))
    })
  }
}

const firstLines = (text: string): string => text.split('\n').slice(0, 2).join(' ').slice(0, 300)
