import { openBackend, type Kinds } from '../backends/kind.ts'
import { log } from '../log.ts'
import { passwordOf } from '../password.ts'
import { cemetery } from '../sink/bury.ts'
import { loadSinkConfig } from '../sink/config.ts'
import { lettersText, type Letter } from '../sink/letters.ts'
import { pendingLetters, replay } from '../sink/replay.ts'

export interface DeadLetterFlags {
  readonly config: string
  readonly replay?: boolean
  readonly json?: boolean
}

/** `collect dead-letters`: shows what a sink could never store, or tries to store it again. @throws {Problem} */
export async function deadLettersCommand({ config, replay: again = false, json = false }: DeadLetterFlags, kinds: Kinds): Promise<void> {
  const { from, to } = loadSinkConfig(config, kinds)
  const source = { ...from, password: passwordOf(from, config) }
  const pending = await pendingLetters(source)
  const backend = again ? await openBackend(kinds, to, passwordOf(to, config)) : undefined
  const graves = cemetery(source, ({ message }) => log('warning', `kafka: ${message}; trying again`))
  const print = (value: object, text: string): void => void process.stdout.write(json ? `${JSON.stringify(value)}\n` : text)
  try {
    if (!backend) return print(pending.letters.map(shown), lettersText(pending.letters))
    const { stored, refused } = await replay(pending.letters, backend, graves)
    await pending.pass()
    const still = refused.length > 0 ? `still refused:\n${lettersText(refused)}` : ''
    print({ stored, refused: refused.map(shown) }, `stored ${stored} of ${pending.letters.length} dead letters\n${still}`)
  } finally {
    await Promise.all([pending.close(), graves.close(), backend?.close()])
  }
}

/** A letter as JSON has it. */
const shown = ({ topic, record: { partition, offset, key, value }, code, message, cut }: Letter) => ({
  topic,
  partition,
  offset,
  code,
  message,
  key: key?.toString('utf8') ?? null,
  value: value?.toString('utf8') ?? null,
  ...(cut !== undefined && { cut }),
})
