import { pinMaven } from '../../engine/artifacts/index.ts'
import { tell } from '../../cli/output.ts'

/** Pins the jars of each pom to what their repository gives now. */
export async function pinJars(poms: readonly string[]): Promise<void> {
  for (const pom of poms)
    tell(`${(await pinMaven(pom)).size} jars of ${pom} are pinned; look at what changed (git diff) before you keep it`)
}
