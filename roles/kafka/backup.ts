import * as z from 'zod'
import type { BackupOf, PartReader, Piece, Restoring, RoleBackup } from '../../engine/backup/index.ts'
import { doesErrand, givesBack } from './admin/run.ts'
import { memberOf, members } from './members.ts'
import type { KafkaVars } from './vars.ts'

const stateSchema = z.object({
  cluster: z.string().min(1),
  brokers: z.array(z.object({ id: z.number() })),
  users: z.array(z.unknown()),
  rules: z.object({ rules: z.array(z.object({ user: z.string() })) }),
  kept: z.object({ topics: z.array(z.object({ name: z.string(), id: z.string(), configs: z.record(z.string(), z.string()) })) }),
})

/** Reads what a broker told of its cluster. */
class ClusterReader implements PartReader {
  readonly #pieces: Uint8Array[] = []

  push(piece: Uint8Array): void {
    this.#pieces.push(piece)
  }

  end() {
    const { kept, users, rules, brokers } = stateSchema.parse(JSON.parse(Buffer.concat(this.#pieces).toString('utf8')))
    return { figures: { topics: kept.topics.length, users: users.length, rules: rules.rules.length, brokers: brokers.length } }
  }
}

/** One broker speaks for all today; whose word is taken is the newest that there is. */
function restores({ host, fleet }: BackupOf<KafkaVars>, pieces: readonly Piece[]): readonly Restoring[] {
  const all = members(fleet)
  const [piece] = pieces.filter(({ name }) => name === 'cluster').sort((a, b) => (a.taken < b.taken ? 1 : -1))
  if (!piece || all[0]?.host.name !== host.name) return []
  return [{ piece, does: 'topics and rules that are not there', run: givesBack([memberOf(fleet, host.name), ...all]) }]
}

/**
 * What belongs to the cluster, as each broker tells it: topics with their settings, places and ids, who has an account, who may do what. No
 * readings: others have copies of them, and a sink brings them to a store. No passwords: the cluster gives none away, `provision` has them.
 */
export const kafkaBackup: RoleBackup<KafkaVars> = {
  parts: ({ host, fleet }) => [
    {
      name: 'cluster',
      takes: doesErrand([memberOf(fleet, host.name), ...members(fleet)], {
        timeout: 30,
        keep: true,
        ask: ['users', 'rules', 'quorum', 'features'],
      }),
    },
  ],
  reader: () => new ClusterReader(),
  restores,
}
