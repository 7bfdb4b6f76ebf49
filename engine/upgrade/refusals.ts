import { Failed } from '../errors.ts'
import type { Host } from '../inventory/types.ts'
import type { PackagesSeen } from './packages.ts'

/** Debian's own, from the oldest that a Pi may still run. Sources of others have suites of any name, and say nothing of the release. */
const releases = new Set(['buster', 'bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid', 'testing', 'unstable'])

/**
 * A Debian release does not become the next one in place: a cut in the middle of that leaves a Pi that neither starts nor can be mended
 * from here. Said of what the inventory wants, and of what the Pi's package sources name.
 * @throws Failed where another release is meant; nothing was changed
 */
export function refuseOtherRelease(
  { name, os }: Pick<Host, 'name' | 'os'>,
  { release, suites }: Pick<PackagesSeen, 'release' | 'suites'>,
): void {
  const strange = suites.find(suite => suite !== release && releases.has(suite))
  const wanted =
    os !== undefined && os !== release
      ? { is: os, says: 'the inventory says' }
      : strange === undefined
        ? undefined
        : { is: strange, says: 'its package sources say' }
  if (!wanted) return
  throw new Failed({
    host: name,
    message: `${name} runs ${release}, and ${wanted.says} ${wanted.is}: a Debian release is not changed in place`,
    hint: `take another card: image write ${name} --base … of ${wanted.is}, switch the Pi off, put it in, then: fleet replace ${name}`,
  })
}
