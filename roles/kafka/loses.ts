import * as z from 'zod'
import type { LossContext } from '../../engine/role.ts'
import { doesErrand } from './admin/run.ts'
import { healthPrefix } from './admin/words.ts'
import { memberOf, members } from './members.ts'
import type { KafkaVars } from './vars.ts'

const clusterSchema = z.object({
  topics: z.array(z.object({ name: z.string(), partitions: z.array(z.object({ replicas: z.array(z.number()) })) })),
})

/** What is lost with the card of a broker, by what its cluster tells; undefined: nobody told. Pure. */
export function lossOf(id: number, said: string | undefined): string {
  if (said === undefined) return 'no other broker answers: what only this one held is lost, and nobody says how much that was'
  const { topics } = clusterSchema.parse(JSON.parse(said))
  const held = topics
    .filter(({ name }) => !name.startsWith(healthPrefix))
    .flatMap(({ partitions }) => partitions)
    .filter(({ replicas }) => replicas.includes(id))
  const alone = held.filter(({ replicas }) => replicas.length === 1).length
  if (alone === 0) return `nothing is lost: others have copies of all ${held.length} partitions it held, and it takes them again`
  return `${alone} of the ${held.length} partitions it held had no other copy: what readings were in them is lost`
}

/** The same, asked of the first other broker that answers. */
export async function loses({ host, fleet, ask }: LossContext<KafkaVars>): Promise<readonly string[]> {
  const all = members(fleet)
  const own = memberOf(fleet, host.name)
  for (const other of all.filter(({ id }) => id !== own.id)) {
    const said = await ask(other.host, doesErrand([other], { timeout: 10 }))
    if (said !== undefined) return [lossOf(own.id, said)]
  }
  return [lossOf(own.id, undefined)]
}
