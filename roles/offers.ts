import type { CollectorConfig } from '../collector/config.ts'
import { offerKey } from '../engine/offer.ts'
import type { Host } from '../engine/inventory/types.ts'
import type { Listen } from '../engine/listen.ts'
import type { Shell } from '../engine/resources/kind.ts'

/** Figures for Prometheus. */
export interface Metrics {
  readonly port: number
  /** Default: `/metrics`. */
  readonly path?: string
  /** What Prometheus calls such figures, wherever they come from. */
  readonly job: string
  /** For a person, e.g. `MariaDB`. */
  readonly title: string
  /** The board its panels stand on, shared with others of the same name; absent: one of its own, by its title. */
  readonly board?: string
  /** What somebody should be told of. Alike on all hosts of the role: they are the job's. */
  readonly rules?: readonly AlertRule[]
  /** What of it is worth a look, in order. Alike on all hosts of the role. */
  readonly panels?: readonly Panel[]
}

/** What Prometheus alerts by. */
export interface AlertRule {
  /** In one word, e.g. `CardFull`. */
  readonly alert: string
  /** PromQL. Figures carry the label `host`, the host's name in the inventory. */
  readonly expr: string
  /** How long it has to be so, e.g. `5m`; absent: at once. */
  readonly for?: string
  /** `critical`: readings are lost, or soon will be. */
  readonly severity: 'warning' | 'critical'
  /** One sentence for a person, as a template of Prometheus: `{{ $labels.host }}`, `{{ $value }}`. */
  readonly summary: string
}

/** Curves of one kind, in one picture: of a dashboard, and of a report. */
export interface Panel {
  readonly title: string
  /** The board it stands on, where that is not the board of its job. */
  readonly board?: string
  /** Of its values, in Grafana's words, e.g. `celsius`, `bytes`, `ops`; absent: a plain number. */
  readonly unit?: string
  /** PromQL, each with a legend: `{{host}}` in it is the host's name. */
  readonly curves: readonly { readonly expr: string; readonly legend: string }[]
}

/** A store that takes readings. */
export interface ReadingStore {
  /** The agent's word for such stores. */
  readonly kind: CollectorConfig['backends'][number]['type']
  /** It shows a certificate of the fleet's CA, and takes encrypted connections only. */
  readonly tls: boolean
  /** The producer whose readings it takes, where it takes those of one only. */
  readonly only?: string
  /** The secret that the password of a producer's account is; absent: producers have none there, and `backend` names no file of it. */
  secret?(producer: Host): string
  /** How the agent of a producer reaches it; `ca` is the file in which that producer has the certificate of the fleet's CA. */
  backend(producer: Host, ca: string): CollectorConfig['backends'][number] & { readonly passwordFile?: string }
  /** The same for a sink, which brings readings of all producers; absent where none may come. */
  readonly sink?: { secret(sink: Host): string; backend(sink: Host, ca: string): StoreConfig }
}

/** How an agent or a sink reaches a store. */
export type StoreConfig = CollectorConfig['backends'][number] & { readonly passwordFile: string }

/** What a host sends. */
export interface Producer {
  /** The name its readings carry. */
  readonly location: string
  /** Milliseconds between readings. */
  readonly interval: number
  /** The note of each; `{sequence}` in it becomes a number. */
  readonly note: string
  /** Kinds of store it sends to; absent: all the fleet has. */
  readonly backends?: readonly string[]
  /** The host whose store it sends to, where there are several of a kind. */
  readonly store?: string
}

/** A page that a person may open. */
export interface Page {
  readonly url: string
  readonly title: string
}

/** A server that keeps figures of the fleet, and answers PromQL over HTTP. */
export interface FigureServer {
  /** Where it listens on its Pi. */
  readonly listen: Listen
  readonly port: number
}

/** A span of time in steps; all in seconds, the ends since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** What one location measured: the mean of each step that has readings, by the step's begin in seconds since 1970. */
export interface Measured {
  readonly location: string
  readonly means: readonly (readonly [at: number, value: number])[]
}

/** A store that can tell what was measured. */
export interface PastReadings {
  /** For a person, e.g. `MariaDB on mysql`. Hosts that give the same have the same readings: one of them is asked. */
  readonly store: string
  /** How it is asked; loaded where somebody wants to know. */
  question(): Promise<PastQuestion>
}

export interface PastQuestion {
  /**
   * Reads only, and prints what `read` gets, as root of its Pi. `locations` are those the fleet has today; a store that knows by itself
   * which there are tells of those, too.
   */
  ask(span: Span, locations: readonly string[]): Shell
  /** @throws where it is no whole answer */
  read(output: string, span: Span): readonly Measured[]
}

export const figureServers = offerKey<FigureServer>('figure servers')
export const pastReadings = offerKey<PastReadings>('past readings')
export const metrics = offerKey<Metrics>('metrics')
export const readings = offerKey<ReadingStore>('readings')
export const pages = offerKey<Page>('pages')
/** Hosts that send readings. */
export const producers = offerKey<Producer>('producers')

/** A broker of the fleet's queue of readings. */
export interface Broker {
  /** Where clients connect, `host:port`; over TLS, with a name and a password. */
  readonly address: string
  readonly topic: string
  /** A producer's account, and the secret that its password is. */
  account(producer: Host): { readonly user: string; readonly secret: string }
  /** A sink's account, in the same way. */
  sink(host: Host): { readonly user: string; readonly secret: string }
}

export const brokers = offerKey<Broker>('brokers')

/** A host that takes readings from the brokers and puts them into a store. */
export interface Sink {
  /** The kind of store. */
  readonly to: string
  /** The host whose store it is, where there are several of a kind. */
  readonly store?: string
  /** As which group it reads. */
  readonly group: string
}

export const sinks = offerKey<Sink>('sinks')
