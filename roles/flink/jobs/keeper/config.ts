/** What the keeper of jobs is told on its Pi, which is the JobManager's. */
export interface KeeperConfig {
  readonly rest: RestAddress
  /** Its own records, for nobody else to read: passwords are in them. */
  readonly folder: string
  /** Where Flink has its checkpoints, and its savepoints. */
  readonly checkpoints: string
  readonly savepoints: string
  readonly submitter: Submitter
}

/** The JobManager's REST. */
export interface RestAddress {
  /** e.g. `http://127.0.0.1:8081`. */
  readonly url: string
  /** A file with the CA's certificate, and one with a certificate and its key to show; absent: no TLS. */
  readonly tls?: { readonly ca: string; readonly own?: string }
}

/** The program that submits SQL. */
export interface Submitter {
  readonly java: string
  readonly flags: readonly string[]
  readonly classPath: string
  /** The folder with the JobManager's config.yaml, which says where REST is. */
  readonly settings: string
  /** A folder on the card for what it unpacks. */
  readonly scratch: string
  /** Seconds it may take. */
  readonly patience: number
  /** What makes way for it where memory is short; absent: there is room for both. */
  readonly insteadOf?: InsteadOf
}

/** A unit of the same user that is ended before a submission. systemd starts it again, and its start waits for the lock. */
export interface InsteadOf {
  readonly unit: string
  /** A file that is locked meanwhile. */
  readonly lock: string
}
