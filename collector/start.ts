import { isMainThread } from 'node:worker_threads'
import type { Kinds } from './backends/kind.ts'
import { main } from './cli.ts'

/**
 * Runs `collect` with these backends. The same file, `entry`, is the program and the worker of its load tool: a Pi gets one file.
 */
export function start(kinds: Kinds, entry: URL): void {
  // The agent has no need of it.
  if (!isMainThread) return void import('./load/worker.ts').then(({ runLoadWorker }) => runLoadWorker(kinds))
  // `collect --help | head -1` is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  // What a slow reader has not taken yet comes first: many lines fill a pipe.
  void main(process.argv.slice(2), entry, kinds).then(code => process.stdout.write('', () => process.exit(code)))
}
