export type { ArtifactOptions } from './cache.ts'
export { packMaven, type MavenOptions } from './maven.ts'
export { fromTarball } from './tarball.ts'
