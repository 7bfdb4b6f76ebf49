import { isMainThread } from 'node:worker_threads'
import { main } from './cli.ts'
import { runLoadWorker } from './load/worker.ts'

// The same file is the program and the worker of its load tool: a Pi gets one file.
if (isMainThread) {
  void main(process.argv.slice(2), new URL(import.meta.url)).then(code => process.exit(code))
} else {
  void runLoadWorker()
}
