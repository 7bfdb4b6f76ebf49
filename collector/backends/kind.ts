import type { Command } from 'commander-node18'
import type * as z from 'zod'
import type { Backend } from './backend.ts'
import type { Flag } from './flags.ts'

/** What the config of every backend says. */
export interface AnyConfig {
  readonly type: string
  /** Names the cursor file and the metrics. */
  readonly name: string
  readonly hosts: readonly string[]
  readonly passwordFile?: string | undefined
}

/** A config's fields that flags of the load tool set; a dot leads into an object. */
type FieldOf<Config> = Exclude<keyof Config & string, keyof Pick<AnyConfig, 'type' | 'name' | 'passwordFile'>> | 'tls.ca' | 'tls.name'

/** What a command of a backend's own may use. */
export interface CommandTools {
  /** The backends that a config file of the agent names. @throws {Problem} where it is wrong */
  configsOf(path: string): readonly AnyConfig[]
}

/**
 * A kind of backend: what its folder gives to the agent and to the load tool. To add one: a folder with this, and a line of `registry.ts`.
 * What it imports at its top is loaded by every program; drivers belong to what `open` imports.
 */
export interface BackendKind<Schema extends z.ZodObject & z.ZodType<AnyConfig>> {
  /** Its word in configs, and after `--backend`. */
  readonly type: z.output<Schema>['type']
  readonly schema: Schema
  /** Flags of the load tool by the field of the config they set. */
  readonly flags: { readonly [Field in FieldOf<z.output<Schema>>]?: Flag }
  /** Calls of `collect` for the help, without the name. */
  readonly examples: readonly string[]
  /** The backend of a config, not connected yet. `password` is asked at every connect. */
  open(config: z.output<Schema>, password: () => string): Promise<Backend>
  /** Adds commands that only this backend has. */
  addCommands?(collect: Command, tools: CommandTools): void
}

/** A kind whose config is not known more closely. */
export interface AnyKind {
  readonly type: string
  readonly schema: z.ZodObject & z.ZodType<AnyConfig>
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  open(config: AnyConfig, password: () => string): Promise<Backend>
  addCommands?(collect: Command, tools: CommandTools): void
}

/** The kinds a program knows. */
export type Kinds = readonly AnyKind[]

export function backendKind<Schema extends z.ZodObject & z.ZodType<AnyConfig>>(kind: BackendKind<Schema>): BackendKind<Schema> {
  return kind
}

/** Opens the backend a config names, not connected yet. */
export function openBackend(kinds: Kinds, config: AnyConfig, password: () => string): Promise<Backend> {
  const kind = kinds.find(({ type }) => type === config.type)
  if (!kind) throw new Error(`no backend ${config.type}`)
  return kind.open(config, password)
}
