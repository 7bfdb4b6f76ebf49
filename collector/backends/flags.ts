import { list, whole } from '../arguments.ts'

/** A flag of the load tool. */
export interface Flag {
  /** Without its dashes. */
  readonly name: string
  /** What follows it, for the help: `<name>`. */
  readonly value: string
  readonly help: string
  parse?(text: string, before?: never): unknown
  /** The field's value without the flag; the config's own default where there is none. */
  readonly default?: string | number
  /** The default holds also where the agent's config says something: a load is made of other pieces than an agent sends. */
  readonly isOfLoad?: true
  /** What `--no-NAME` is for, where that leaves the field out. */
  readonly without?: string
}

/** Flags that several backends have. */
export const hostFlag: Flag = { name: 'host', value: '<list>', help: 'host or host:port, comma-separated; default 127.0.0.1', parse: list }
export const portFlag: Flag = { name: 'port', value: '<n>', help: 'for hosts without one', parse: whole(1, 65535) }
export const userFlag: Flag = { name: 'user', value: '<name>', help: 'default collector' }
export const caFlag: Flag = { name: 'ca', value: '<file>', help: 'speak TLS, with servers whose certificate is signed with this one' }
export const serverNameFlag: Flag = { name: 'server-name', value: '<name>', help: 'whom the certificate must be for; default: the host' }
export const tableFlag: Flag = { name: 'table', value: '<name>', help: 'default reading' }
