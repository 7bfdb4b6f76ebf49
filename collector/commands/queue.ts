import { isIPv6 } from 'node:net'
import * as z from 'zod'
import type { Kinds } from '../backends/kind.ts'
import type { CollectorSettings } from '../config.ts'
import { loadConfig } from '../config.ts'
import { ownAddress } from '../own-address.ts'
import { queuePath } from '../pages.ts'
import { Problem, codeOf } from '../problem.ts'
import type { QueueState } from '../queue/inspect.ts'
import { inspectQueue } from '../queue/inspect.ts'

const number = z.number().optional()
const stateSchema = z.object({
  directory: z.string(),
  segments: z.number(),
  bytes: z.number(),
  first: number,
  last: number,
  backends: z.array(z.object({ name: z.string(), length: z.number(), oldest: number })),
})

/** `collect queue`: prints length, oldest and size of a queue: by the agent that has it open, else by its files. @throws {Problem} */
export async function queueCommand(configPath: string, json: boolean, kinds: Kinds): Promise<void> {
  const { queue, backends, metrics } = loadConfig(configPath, kinds)
  const state =
    (await askAgent(queue.directory, metrics)) ??
    inspect(
      queue.directory,
      backends.map(({ name }) => name),
    )
  process.stdout.write(json ? `${JSON.stringify(state)}\n` : queueText(state, queue.maxBytes, Date.now()))
}

/** The state for a person; `now` in milliseconds. */
export function queueText({ segments, bytes, backends }: QueueState, maxBytes: number, now: number): string {
  const size = `${(bytes / 1024).toFixed(1)} KiB of ${(maxBytes / 1024).toFixed(0)} KiB in ${segments} files`
  const lines = backends.map(({ name, length, oldest }) => {
    const age =
      oldest === undefined
        ? ''
        : `, oldest ${new Date(oldest / 1000).toISOString()} (${Math.max(0, Math.round((now - oldest / 1000) / 1000))} s ago)`
    return `${name}: ${length} readings${age}`
  })
  return `${[size, ...lines].join('\n')}\n`
}

/** The queue as the agent that runs here knows it; undefined where none answers, or another one. */
async function askAgent(directory: string, { address, port }: CollectorSettings['metrics']): Promise<QueueState | undefined> {
  try {
    const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : ((await ownAddress(address)) ?? address)
    const answer = await fetch(`http://${isIPv6(host) ? `[${host}]` : host}:${port}${queuePath}`, { signal: AbortSignal.timeout(2000) })
    const { first, last, backends, ...rest } = stateSchema.parse(await answer.json())
    return rest.directory === directory
      ? { ...rest, first, last, backends: backends.map(({ name, length, oldest }) => ({ name, length, oldest })) }
      : undefined
  } catch {
    return undefined
  }
}

function inspect(directory: string, backends: readonly string[]): QueueState {
  try {
    return inspectQueue(directory, backends)
  } catch (error) {
    throw new Problem(`cannot read the queue ${directory} (${codeOf(error)})`, 'run this as root or as the agent’s user')
  }
}
