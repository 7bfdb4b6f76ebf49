import type { Backend } from '../backends/backend.ts'
import { openBackend, type Kinds } from '../backends/kind.ts'
import { log } from '../log.ts'
import { passwordOf } from '../password.ts'
import { cemetery } from '../sink/bury.ts'
import { loadSinkConfig, type FromSettings } from '../sink/config.ts'
import type { Source } from '../sink/connection.ts'
import { lettersText, type Letter } from '../sink/letters.ts'
import { letterFile, messageLettersText, type MessageLetter } from '../sink/mqtt/letters.ts'
import { readingsIn } from '../sink/mqtt/messages.ts'
import { pendingLetters, readingsOfLetter, replay, type Replayed } from '../sink/replay.ts'

export interface DeadLetterFlags {
  readonly config: string
  readonly replay?: boolean
  readonly json?: boolean
}

/** `collect dead-letters`: shows what a sink could never store, or tries to store it again. @throws {Problem} */
export async function deadLettersCommand({ config, replay: again = false, json = false }: DeadLetterFlags, kinds: Kinds): Promise<void> {
  const { from, to } = loadSinkConfig(config, kinds)
  const print = (value: object, text: string): void => void process.stdout.write(json ? `${JSON.stringify(value)}\n` : text)
  const backend = again ? await openBackend(kinds, to, passwordOf(to, config)) : undefined
  try {
    if (from.type === 'mqtt') await ofFile(from, backend, print)
    else await ofTopic({ ...from, password: passwordOf(from, config) }, backend, print)
  } finally {
    await backend?.close()
  }
}

type Print = (value: object, text: string) => void

/** Dead letters in a topic of Kafka. */
async function ofTopic(source: Source, backend: Backend | undefined, print: Print): Promise<void> {
  const pending = await pendingLetters(source)
  const graves = cemetery(source, ({ message }) => log('warning', `kafka: ${message}; trying again`))
  try {
    if (!backend) return print(pending.letters.map(shown), lettersText(pending.letters))
    const never = new AbortController().signal
    const replayed = await replay(pending.letters, backend, readingsOfLetter, letter => graves.bury(letter.record, letter, never))
    await pending.pass()
    tell(replayed, pending.letters.length, shown, lettersText, print)
  } finally {
    await Promise.all([pending.close(), graves.close()])
  }
}

/** Dead letters in a file, of a sink from MQTT. */
async function ofFile({ deadLetters, topic }: FromSettings & { type: 'mqtt' }, backend: Backend | undefined, print: Print): Promise<void> {
  const file = letterFile(deadLetters)
  if (!backend) {
    const letters = file.all()
    return print(letters.map(shownMessage), messageLettersText(letters))
  }
  const { letters, done } = await file.takeAll()
  const holds = (letter: MessageLetter) => readingsIn({ topic: letter.topic, payload: letter.content }, topic)
  const replayed = await replay(letters, backend, holds, file.add)
  done()
  tell(replayed, letters.length, shownMessage, messageLettersText, print)
}

function tell<Kept>(
  { stored, refused }: Replayed<Kept>,
  all: number,
  show: (letter: Kept) => object,
  text: (letters: readonly Kept[]) => string,
  print: Print,
): void {
  const still = refused.length > 0 ? `still refused:\n${text(refused)}` : ''
  print({ stored, refused: refused.map(show) }, `stored ${stored} of ${all} dead letters\n${still}`)
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

const shownMessage = ({ topic, code, message, content }: MessageLetter) => ({ topic, code, message, content: content.toString('utf8') })
