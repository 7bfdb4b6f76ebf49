export type { ArtifactOptions } from './cache.ts'
export { packMaven, pinMaven, type MavenOptions } from './maven.ts'
export { fromTarball } from './tarball.ts'
