import type { CollectorConfig } from '../collector/config.ts'
import { offerKey } from '../engine/offer.ts'
import type { Host } from '../engine/inventory/types.ts'

/** Figures for Prometheus. */
export interface Metrics {
  readonly port: number
  /** Default: `/metrics`. */
  readonly path?: string
  /** What Prometheus calls such figures, wherever they come from. */
  readonly job: string
  /** For a person, e.g. `MariaDB`. */
  readonly title: string
}

/** A store that takes readings. */
export interface ReadingStore {
  /** The agent's word for such stores. */
  readonly kind: CollectorConfig['backends'][number]['type']
  /** The secret that its account's password is. */
  readonly secret: string
  /** How the agent of a producer reaches it. */
  backend(producer: Host): CollectorConfig['backends'][number] & { readonly passwordFile: string }
}

/** A page that a person may open. */
export interface Page {
  readonly url: string
  readonly title: string
}

export const metrics = offerKey<Metrics>('metrics')
export const readings = offerKey<ReadingStore>('readings')
export const pages = offerKey<Page>('pages')
/** Hosts that send readings, by the name their readings carry. */
export const producers = offerKey<{ readonly location: string }>('producers')
