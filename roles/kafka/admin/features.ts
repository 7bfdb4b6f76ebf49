import { Connection, type Target } from './protocol/connection.ts'
import { KafkaError, refuse } from './protocol/errors.ts'
import { Reader, Writer } from './protocol/bytes.ts'
import { updateFeatures } from './protocol/requests.ts'
import { array, int16, int32, string, struct } from './protocol/types.ts'

/** How far something of a cluster is: brokers of an older release cannot join any more once a level is final. */
export interface Feature {
  readonly name: string
  /** The level in force; 0: none. */
  readonly level: number
  /** The highest that this broker's software knows. */
  readonly most: number
}

/** The number of `ApiVersions`, and the version that tells of all features. The head of its answer has no tagged fields, whatever the version. */
const [apiVersions, version] = [18, 4]

const ranges = array(struct({ name: string, min: int16, max: int16 }))
const finals = array(struct({ name: string, max: int16, min: int16 }))

/** Asked on one broker. Each tells what its own software knows. */
export async function featuresOf(connection: Connection): Promise<readonly Feature[]> {
  const question = new Writer()
  struct({ software: string, version: string }).write(question, { software: 'fleet', version: '1' })
  const answer = await connection.exchange(apiVersions, version, question.written, true)
  refuse('features', int16.read(answer))
  array(struct({ key: int16, min: int16, max: int16 })).read(answer)
  int32.read(answer)
  const [known, final] = tagged(answer)
  const levels = new Map((final ? finals.read(final) : []).map(({ name, max }) => [name, max]))
  return (known ? ranges.read(known) : [])
    .map(({ name, max }) => ({ name, level: levels.get(name) ?? 0, most: max }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** What the tagged fields say of what is known (0) and of what is final (2). */
function tagged(answer: Reader): readonly [Reader | undefined, Reader | undefined] {
  const found = new Map<number, Reader>()
  for (let count = answer.varint(); count > 0; count--) {
    const tag = answer.varint()
    found.set(tag, new Reader(answer.bytes(answer.varint())))
  }
  return [found.get(0), found.get(2)]
}

const upgrade = 1

/**
 * Makes levels final, which cannot be undone. Each of these brokers is asked before: one that is silent, or of a release that does not know
 * a level, stops it; so does the controller, which is asked first whether it would. A level that is in force already stays.
 */
export async function finalise(
  connection: Connection,
  levels: Readonly<Record<string, number>>,
  brokers: readonly Target[],
): Promise<void> {
  for (const broker of brokers) {
    const own = await Connection.open(broker)
    try {
      refuseOlder(`${broker.host}:${broker.port}`, levels, await featuresOf(own))
    } finally {
      own.close()
    }
  }
  const now = new Map((await featuresOf(connection)).map(({ name, level }) => [name, level]))
  const updates = Object.entries(levels).flatMap(([name, level]) => ((now.get(name) ?? 0) < level ? [{ name, level, how: upgrade }] : []))
  if (updates.length === 0) return
  for (const dry of [true, false]) {
    const { error, message } = await connection.ask(updateFeatures, { timeoutMs: 30_000, updates, dry })
    refuse('features', error, message)
  }
}

function refuseOlder(where: string, levels: Readonly<Record<string, number>>, known: readonly Feature[]): void {
  for (const [name, level] of Object.entries(levels)) {
    const most = known.find(feature => feature.name === name)?.most ?? 0
    if (most < level)
      throw new KafkaError(`${where} knows ${name} up to ${most}, not ${level}: provision it with the release of the others first`)
  }
}
