import { loadConfig } from '../config.ts'
import { Problem, codeOf } from '../problem.ts'
import type { QueueState } from '../queue/inspect.ts'
import { inspectQueue } from '../queue/inspect.ts'

/** `collect queue`: prints length, oldest and size of a queue. @throws {Problem} */
export function queueCommand(configPath: string, json: boolean): void {
  const { queue, backends } = loadConfig(configPath)
  const state = inspect(queue.directory, backends.map(({ name }) => name))
  process.stdout.write(json ? `${JSON.stringify(state)}\n` : queueText(state, queue.maxBytes, Date.now()))
}

/** The state for a person; `now` in milliseconds. */
export function queueText({ segments, bytes, backends }: QueueState, maxBytes: number, now: number): string {
  const size = `${(bytes / 1024).toFixed(1)} KiB of ${(maxBytes / 1024).toFixed(0)} KiB in ${segments} files`
  const lines = backends.map(({ name, length, oldest }) => {
    const age = oldest === undefined ? '' : `, oldest ${new Date(oldest / 1000).toISOString()} (${Math.max(0, Math.round((now - oldest / 1000) / 1000))} s ago)`
    return `${name}: ${length} readings${age}`
  })
  return `${[size, ...lines].join('\n')}\n`
}

function inspect(directory: string, backends: readonly string[]): QueueState {
  try {
    return inspectQueue(directory, backends)
  } catch (error) {
    throw new Problem(`cannot read the queue ${directory} (${codeOf(error)})`, 'run this as root or as the agent’s user')
  }
}
