import { startAgent } from '../agent.ts'
import type { Kinds } from '../backends/kind.ts'
import { intervalOf, loadConfig } from '../config.ts'
import { log } from '../log.ts'
import { signalled } from '../signalled.ts'

/** `collect agent`: runs until SIGTERM or SIGINT. @throws {Problem} */
export async function agentCommand(configPath: string, kinds: Kinds): Promise<void> {
  const settings = loadConfig(configPath, kinds)
  const agent = await startAgent(settings, configPath, log, kinds)
  const backends = settings.backends.map(({ name }) => name).join(', ')
  log(
    'notice',
    `measuring ${settings.sensor} as ${settings.location} every ${intervalOf(settings)} ms, to ${backends}; metrics on port ${agent.port}`,
  )
  await signalled()
  await agent.stop()
}
