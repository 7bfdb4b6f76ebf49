import type { Kinds } from '../backends/kind.ts'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { signalled } from '../signalled.ts'
import { loadSinkConfig } from '../sink/config.ts'
import { startSink } from '../sink/sink.ts'

export interface SinkFlags {
  readonly config: string
  readonly from?: string
  readonly to?: string
}

/** `collect sink`: runs until SIGTERM or SIGINT. @throws {Problem} */
export async function sinkCommand({ config, from, to }: SinkFlags, kinds: Kinds): Promise<void> {
  const settings = loadSinkConfig(config, kinds)
  for (const [flag, asked, says] of [
    ['--from', from, settings.from.type],
    ['--to', to, settings.to.type],
  ] as const)
    if (asked !== undefined && asked !== says)
      throw new Problem(`${flag} ${asked}: ${config} says ${says}`, 'give the config that is meant', 64)
  const sink = await startSink(settings, config, log, kinds)
  const { topic } = settings.from
  const name = settings.from.type === 'kafka' ? settings.from.group : settings.from.id
  log('notice', `from ${topic} to ${settings.to.name} as ${name}; metrics on port ${sink.port}`)
  await signalled()
  await sink.stop()
}
