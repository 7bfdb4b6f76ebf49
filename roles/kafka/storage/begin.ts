import type { ActContext } from '../../../engine/act.ts'
import { dataFolder, metaFile } from '../config/paths.ts'
import { members } from '../members.ts'
import { beginningOf, type Storage } from './decide.ts'
import { formatText, parseMeta } from './format.ts'

/** Prints what storage a Pi has. Bash text. */
export const asksStorage = `if [ -e ${metaFile} ]; then cat ${metaFile}; elif [ -n "$(ls -A ${dataFolder} 2>/dev/null)" ]; then echo unknown; else echo empty; fi`

/** Reads what `asksStorage` printed. */
export function readStorage(output: string): Storage {
  const text = output.trim()
  if (text === 'empty' || text === 'unknown') return text
  const formatted = parseMeta(text)
  return formatted ? { formatted } : 'unknown'
}

/** Looks at the storage of every broker of the fleet, then formats this one's, or tells why not. */
export async function beginStorage({ $, host, fleet, on, say }: ActContext, cluster: string): Promise<void> {
  const all = members(fleet)
  const own = all.find(each => each.host.name === host.name)
  const [first] = all
  if (!own || !first) throw new Error(`${host.name} is no broker of this fleet`)
  const others = await Promise.all(
    all
      .filter(member => member !== own)
      .map(async ({ host: other, controller }) => {
        const storage = await on(other)
          .then(async there => readStorage((await there`bash -c ${asksStorage}`).stdout))
          .catch((error: unknown): Storage => ({ silent: error instanceof Error ? error.message : String(error) }))
        return [other.name, { storage, controller }] as const
      }),
  )
  const beginning = beginningOf({
    cluster,
    name: host.name,
    node: own.id,
    own: readStorage((await $`bash -c ${asksStorage}`).stdout),
    first: first.host.name,
    others: new Map(others),
  })
  if (beginning === undefined) return
  await $`bash -c ${formatText(cluster, beginning)}`
  say(
    beginning === 'starts'
      ? `${host.name} starts the cluster ${cluster}, as broker ${own.id}`
      : `${host.name} joins the cluster ${cluster}, as broker ${own.id}`,
  )
}
