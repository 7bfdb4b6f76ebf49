import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Session } from '../../engine/ssh/session.ts'
import type { PipeEnd, Piped } from '../../engine/ssh/pipe.ts'

/** A session whose Pi is a folder and servers of this machine: its scripts run in a bash here, with other paths. */
export function localSession(folder: string, paths: Readonly<Record<string, string>>): Session {
  mkdirSync(folder, { recursive: true })
  const local = (text: string) =>
    Object.entries({
      ...paths,
      '/var/lib/provision': `${folder}/provision`,
      '/var/lib/prometheus/node-exporter': `${folder}/figures`,
    }).reduce((so, [from, to]) => so.replaceAll(from, to), text)
  const pipe = async (text: string, { input, output }: Piped): Promise<PipeEnd & { stdout: string }> => {
    const child = spawn('bash', ['--norc', '-c', `set -o pipefail\n${local(text)}`], { stdio: 'pipe' })
    let stderr = ''
    let stdout = ''
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
    const out = output
      ? pipeline(child.stdout, output)
      : Promise.resolve(child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString())))
    const fed = input ? pipeline(input, child.stdin).catch(() => {}) : Promise.resolve(void child.stdin.end())
    const code = await new Promise<number>(done => child.on('close', ended => done(ended ?? 1)))
    await Promise.all([out, fed])
    return { code, stderr, stdout }
  }
  return { lock: async () => ({ held: true }), run: (text: string) => pipe(text, {}), pipe, close: async () => {} } as unknown as Session
}
