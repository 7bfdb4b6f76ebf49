import type { CollectorConfig } from '../collector/config.ts'
import type { SinkConfig } from '../collector/sink/config.ts'
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
  /** Where a password is asked for: the user, and the secret that the password is. */
  readonly login?: Login
  /** The board its panels stand on, shared with others of the same name; absent: one of its own, by its title. */
  readonly board?: string
  /** What somebody should be told of. Alike on all hosts of the role: they are the job's. */
  readonly rules?: readonly AlertRule[]
  /** What of it is worth a look, in order. Alike on all hosts of the role. */
  readonly panels?: readonly Panel[]
}

/** Who may ask a service, by the secret that is the password. */
export interface Login {
  readonly user: string
  readonly secret: string
}

/** What Prometheus alerts by. */
export interface AlertRule {
  /** In one word, e.g. `CardFull`. */
  readonly alert: string
  /** PromQL. Figures carry the label `host`, the host's name in the inventory. */
  readonly expr: string
  /** How long it has to be so, e.g. `5m`; absent: at once. */
  readonly for?: string
  /** `critical`: readings are lost, or soon will be; `none`: nobody is told, it only says that alerts come at all. */
  readonly severity: 'none' | 'warning' | 'critical'
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
  /** It knows a producer by a certificate of the fleet's CA, whose subject is the producer's name. */
  readonly certificate?: boolean
  /** The producer whose readings it takes, where it takes those of one only. */
  readonly only?: string
  /** The secret that the password of a producer's account is; absent: producers have none there, and `backend` names no file of it. */
  secret?(producer: Host): string
  /**
   * How the agent of a producer reaches it; `ca` is the file in which that producer has the certificate of the fleet's CA, `certificate` the
   * one with its own and its key.
   */
  backend(producer: Host, ca: string, certificate: string): CollectorConfig['backends'][number] & { readonly passwordFile?: string }
  /** The same for a sink, which brings readings of all producers; absent where none may come. */
  readonly sink?: { secret(sink: Host): string; backend(sink: Host, ca: string): StoreConfig }
  /** The same for the jobs of a host, which keep tables of their own there, written `from` others; absent where none may. */
  readonly jobs?: { secret(host: Host): string; store(host: Host, from: readonly Host[]): JobStore }
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
  /** The hosts that write: those at which the work of jobs is done. */
  readonly from: readonly Host[]
}

export const jobs = offerKey<Jobs>('jobs')

/**
 * A host that may have jobs at work, also where the inventory names none any more: taken away, they stop with a savepoint, which they cannot
 * once they may not read and write. So accounts of its jobs go with this, not with the last job.
 */
export const jobHosts = offerKey<true>('job hosts')

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

/** A broker of MQTT of the fleet's own. */
export interface MqttBroker {
  /** The subject of the certificate that a sink shows it. */
  sink(host: Host): string
  /** How a sink takes readings from it; the files are those in which it has the CA's certificate, and its own with its key. */
  from(sink: Host, ca: string, certificate: string): SinkConfig['from'] & { readonly type: 'mqtt' }
}

export const mqttBrokers = offerKey<MqttBroker>('mqtt brokers')

/** A host that takes readings from brokers and puts them into a store. */
export interface Sink {
  /** From which kind of broker. */
  readonly from: 'kafka' | 'mqtt'
  /** The kind of store. */
  readonly to: string
  /** The host whose store it is, where there are several of a kind. */
  readonly store?: string
  /** As which group it reads. */
  readonly group: string
}

export const sinks = offerKey<Sink>('sinks')

/** Who takes alerts and tells people of them. */
export interface AlertTaker extends Login {
  readonly port: number
}

export const alertTakers = offerKey<AlertTaker>('alert takers')

/** Which alerts are meant: all whose label has one of these values. */
export interface Muted {
  readonly label: 'host' | 'job'
  readonly values: readonly string[]
}

/** A host that can be told to be silent about what somebody is at work on. Both texts run there, as root. */
export interface Silencer {
  /** Prints a name for the silence; exit 0 where it is silent from now on, for so many minutes at most. */
  begins(of: Muted, minutes: number, by: string, why: string): string
  /** Ends those of these names. */
  ends(names: readonly string[]): string
}

export const silencers = offerKey<Silencer>('silencers')

/** A certificate of the fleet's CA on a host. */
export interface ShownCertificate {
  readonly path: string
}

export const certificates = offerKey<ShownCertificate>('certificates')

/** A host that lets nobody in whose certificate the fleet has taken back. */
export const revocationReaders = offerKey<true>('revocation readers')
