import type { Feature } from './admin/features.ts'

/** The release that is packed, and the levels of a cluster that begins with it; a test compares them with a real one. */
export const release: { readonly name: string; readonly levels: Readonly<Record<string, number>> } = {
  name: '4.4',
  levels: {
    'eligible.leader.replicas.version': 1,
    'group.version': 1,
    'kraft.version': 1,
    'metadata.version': 33,
    'share.version': 2,
    'streams.version': 1,
    'transaction.version': 2,
  },
}

/** Levels of a cluster that are still those of an older release. Pure. */
export const behind = (features: readonly Feature[]): readonly Feature[] =>
  features.filter(({ name, level }) => level < (release.levels[name] ?? 0))
