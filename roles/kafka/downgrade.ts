import { resource, type Kind, type Resource } from '../../engine/resources/index.ts'
import { doesErrand } from './admin/run.ts'
import { dataFolder, metaFile } from './config/paths.ts'
import type { Member } from './members.ts'
import { release as packed } from './release.ts'
import type { Levels } from './storage/levels.ts'

type Release = typeof packed

interface Spec {
  readonly release: Release
  /** Brokers to ask, in this order. */
  readonly members: readonly Member[]
}

/** Another release than the one that is packed runs here. */
interface Seen {
  readonly installed: string
  /** What is final in the cluster; absent where neither a broker nor the storage tells. */
  readonly levels?: Levels
}

/** Prints the release that runs here, and at which levels its cluster works, where that is not the one that is packed. Nothing is started for others. */
const asks = ({ release, members }: Spec): string =>
  `[ -e ${metaFile} ] || exit 0
installed=$(ls /opt/kafka/lib 2>/dev/null | sed -n 's/^kafka-clients-\\([0-9.]*\\)\\.jar$/\\1/p')
case $installed in '' | ${release.name}.*) exit 0 ;; esac
echo "$installed"
${doesErrand(members, { timeout: 10, levelsIn: dataFolder, ask: ['features'] })} 2>/dev/null`

export const releaseKind: Kind<Spec, Seen | undefined> = {
  name: 'kafka release',
  label: ({ release }) => release.name,
  ask: specs => specs.map(spec => `(${asks(spec)}\n); printf '\\035'`).join('\n'),
  read: (output, specs) => specs.map((_spec, index) => seenOf(output.split('\x1d')[index] ?? '')),
  // It refuses, and changes nothing: the archive does.
  compare: () => [],
  change: () => [],
  refuses: ({ release }, seen) => (seen ? whyNot(release, seen) : undefined),
}

function seenOf(text: string): Seen | undefined {
  const [installed, answer] = text.trim().split('\n')
  if (!installed) return undefined
  return answer?.startsWith('{') ? { installed, ...(JSON.parse(answer) as { readonly levels?: Levels }) } : { installed }
}

/** Why a release must not take the place of the one that runs; undefined where it may. Pure. */
export function whyNot(release: Release, { installed, levels }: Seen): { readonly reason: string; readonly hint: string } | undefined {
  const newer = `provision with Kafka ${minor(installed)} or newer`
  if (!levels)
    return isOlder(release.name, installed)
      ? {
          reason: `Kafka ${installed} runs here and ${release.name} is older, and neither a broker nor the storage says at which levels the cluster works: below them no broker starts`,
          hint: `start a broker, so that it can be asked; or ${newer}`,
        }
      : undefined
  const above = Object.entries(levels).filter(([name, level]) => level > (release.levels[name] ?? 0))
  if (above.length === 0) return undefined
  const texts = above.map(([name, level]) => `${name} ${level}, and ${release.name} knows ${release.levels[name] ?? 'none'}`)
  return {
    reason: `Kafka ${release.name} cannot take the place of ${installed}: the cluster works at ${texts.join('; ')}; no broker would start again`,
    hint: `${newer}: levels that were made final stay. To go back with the readings they have to be copied to a cluster that begins with ${release.name}`,
  }
}

const minor = (version: string) => version.split('.').slice(0, 2).join('.')

const isOlder = (name: string, than: string): boolean => {
  const [major = 0, second = 0] = name.split('.').map(Number)
  const [otherMajor = 0, otherSecond = 0] = than.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && second < otherSecond)
}

/** Looks, before anything is changed, whether the brokers can go on with the release that is packed. */
export function releaseFits(members: readonly Member[], release: Release = packed): Resource<Spec, Seen | undefined> {
  return resource(releaseKind, { release, members })
}
