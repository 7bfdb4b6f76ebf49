import { isMainThread } from 'node:worker_threads'
import { main } from './cli.ts'
import { runLoadWorker } from './load/worker.ts'

// The same file is the program and the worker of its load tool: a Pi gets one file.
if (isMainThread) {
  // `collect --help | head -1` is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  void main(process.argv.slice(2), new URL(import.meta.url)).then(code => process.exit(code))
} else {
  void runLoadWorker()
}
