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

/** Curves of one kind, in one picture. */
export interface Panel {
  readonly title: string
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
  /** The same for the jobs of a host, which keep tables of their own there; absent where none may. */
  readonly jobs?: { secret(host: Host): string; store(host: Host): JobStore }
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
  /** It listens on its own Pi's loopback only: `fleet open` makes a way there. */
  readonly near?: true
}

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
  /** The account of the jobs of a host, in the same way. */
  job(host: Host): { readonly user: string; readonly secret: string }
}

/** What a column of a job's table holds: a location, a word, a second of UTC, a measured number, how many. */
export type JobColumn = 'place' | 'word' | 'time' | 'number' | 'number or none' | 'count'

export interface JobTable {
  readonly columns: Readonly<Record<string, JobColumn>>
  readonly key: readonly string[]
}

/** Tables by their names; a store puts the name of its own table of readings before. */
export type JobTables = Readonly<Record<string, JobTable>>

/** A host whose jobs read the topic and keep tables of their own in a store. */
export interface Jobs {
  /** The kind of store. */
  readonly to: string
  /** The host whose store it is, where there are several of a kind. */
  readonly store?: string
  /** As which group they read. */
  readonly group: string
  readonly tables: JobTables
}

export const jobs = offerKey<Jobs>('jobs')

/** How jobs reach a store. */
export interface JobStore {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly tls: boolean
  /** Name of the table of readings, which those of jobs begin with. */
  readonly table: string
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
