import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort } from '../collector-support/free-port.ts'

/** A Prometheus on loopback that scrapes nobody, with figures of the past. */
export interface Running {
  readonly port: number
  end(): Promise<void>
}

/** Starts one in a folder of its own with these figures (OpenMetrics). */
export async function prometheusWith(figures: string, folder: string): Promise<Running> {
  const data = path.join(folder, 'data')
  mkdirSync(data)
  writeFileSync(path.join(folder, 'figures'), `${figures}# EOF\n`)
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', path.join(folder, 'figures'), data], { stdio: 'pipe' })
  writeFileSync(path.join(folder, 'prometheus.yml'), 'global: {}\n')
  const port = await freePort()
  const server: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  for (let tries = 0; !(await ready()); tries++) {
    if (server.exitCode !== null || tries > 300) throw new Error('Prometheus did not start')
    await new Promise(done => setTimeout(done, 200))
  }
  return {
    port,
    async end() {
      if (server.exitCode !== null) return
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
    },
  }
}
