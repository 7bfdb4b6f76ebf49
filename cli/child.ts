import { spawn } from 'node:child_process'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a program in the place of this one: it has the terminal, gets our signals, and how it ends is how we end.
 * @throws when it cannot be started
 */
export async function become(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { stdio: 'inherit' })
  // Ctrl-C reaches both, since they share the terminal's group; the child decides what comes of it.
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (...ended) => resolve(ended))
  })
  for (const each of signals) process.off(each, pass)
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code ?? 1
}
