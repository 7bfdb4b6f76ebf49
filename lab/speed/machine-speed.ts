import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { buildProgram } from '../../engine/programs/index.ts'
import { speedIn } from './speed-line.ts'

/** Processors that are probed at most. */
const most = 8

/** How fast the machine under virtual Pis is, as it goes. */
export interface MachineSpeed {
  /**
   * Mean of its processors from one time to another, both in milliseconds of `performance.now()`. It says something beside
   * another time of the same machine only. Undefined: no probe told of that time.
   */
  between(from: number, to: number): number | undefined
  stop(): Promise<void>
}

/**
 * Probes this machine until it is stopped. Where a machine is itself a virtual one, others share its cores: the same share of a core does a
 * third less for some seconds, and neither the Pis nor the kernel can tell. The probes take a twentieth of each processor, when nobody else
 * wants it. They end with this process. Without `taskset` and `nice` nothing is known.
 */
export async function machineSpeed(): Promise<MachineSpeed> {
  const { path: program } = await buildProgram(fileURLToPath(new URL('probe.ts', import.meta.url)))
  const seen: { readonly at: number; readonly speed: number }[][] = []
  const probes = Array.from({ length: Math.min(most, cpus().length) }, (_, processor) => {
    const own: { at: number; speed: number }[] = []
    seen.push(own)
    const probe = execa('taskset', ['-c', String(processor), 'nice', '-n', '19', process.execPath, program], {
      stdin: 'pipe',
      stderr: 'ignore',
      buffer: false,
      reject: false,
    })
    const lines = (async () => {
      for await (const line of probe) {
        const speed = speedIn(String(line))
        if (speed !== undefined) own.push({ at: performance.now(), speed })
      }
    })().catch(() => {})
    return { probe, lines }
  })
  return {
    between: (from, to) => {
      const means = seen.flatMap(own => {
        const within = own.filter(({ at }) => at > from && at <= to)
        return within.length === 0 ? [] : [within.reduce((sum, { speed }) => sum + speed, 0) / within.length]
      })
      return means.length === 0 ? undefined : means.reduce((sum, speed) => sum + speed, 0) / means.length
    },
    stop: async () => {
      for (const { probe } of probes) probe.kill()
      await Promise.all(probes.map(({ lines }) => lines))
    },
  }
}
