import { homedir } from 'node:os'
import { makePassword } from './password.ts'
import { Redactor } from './redact.ts'
import { SecretsError } from './secrets-error.ts'
import { readStore, updateStore, type Entry, type StorePlace } from './store.ts'

export interface SecretsOptions {
  /** Nothing is written; a secret that is not there yet is a placeholder. For `--check`. */
  readonly preview?: boolean
  /** Learns every value that is handed out. */
  readonly redactor?: Redactor
  readonly env?: NodeJS.ProcessEnv
  readonly home?: string
}

/** A secret as it may be shown: without its value. Times are ISO 8601. */
export interface SecretInfo {
  readonly name: string
  readonly made: string
  readonly rotated?: string
  /** The environment variable that stands in for the kept value at present. */
  readonly overriddenBy?: string
}

/** The secrets of one fleet. */
export interface Secrets {
  readonly redactor: Redactor
  /**
   * The value of a secret, made at first use. A new one is on the disk before this returns, so that no Pi can have a
   * password that nobody knows any more; of two processes that ask at once, both get the same. `make` says what it is made of; a password where absent.
   */
  get(name: string, make?: () => string): string
  /** The value of a secret if there is one; never makes one. */
  show(name: string): string | undefined
  list(): readonly SecretInfo[]
  /** Keeps a value that comes from elsewhere. */
  set(name: string, value: string): void
  /** Replaces a secret with a new one and returns it. The next provision brings it to the Pis. */
  rotate(name: string): string
}

/**
 * Opens the secrets beside an inventory. What is there is read now (about 2 ms); what is not costs nothing.
 * @throws SecretsError with what to do, when they cannot be opened.
 */
export function openSecrets(inventory: string, options: SecretsOptions = {}): Secrets {
  return new FileSecrets(inventory, options)
}

/** The environment variable that stands in for a secret: FLEET_SECRET_SHOP_ADMIN for `shop/admin`. */
export function overrideVariable(name: string): string {
  return `FLEET_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`
}

class FileSecrets implements Secrets {
  readonly redactor: Redactor
  readonly #place: StorePlace
  readonly #preview: boolean
  #known: ReadonlyMap<string, Entry>

  constructor(inventory: string, { preview = false, redactor = new Redactor(), env = process.env, home = homedir() }: SecretsOptions) {
    this.redactor = redactor
    this.#preview = preview
    this.#place = { inventory, env, home }
    this.#known = this.#learn(readStore(this.#place))
  }

  get(name: string, make: () => string = makePassword): string {
    checkName(name)
    const there = this.show(name)
    if (there !== undefined) return there
    if (this.#preview) return this.#hidden(`(secret ${name}, made when it is needed)`)
    return this.#change(secrets => {
      const entry = secrets.get(name) ?? { value: make(), made: now() }
      secrets.set(name, entry)
      return entry.value
    })
  }

  show(name: string): string | undefined {
    const override = this.#place.env[overrideVariable(name)]
    if (override) return this.#hidden(override)
    return this.#known.get(name)?.value
  }

  list(): readonly SecretInfo[] {
    return [...this.#known].map(([name, { made, rotated }]) => {
      const variable = overrideVariable(name)
      const overridden = this.#place.env[variable] ? { overriddenBy: variable } : {}
      return { name, made, ...(rotated !== undefined && { rotated }), ...overridden }
    })
  }

  set(name: string, value: string): void {
    checkName(name)
    if (value === '') throw new SecretsError(`the value of secret "${name}" is empty`)
    this.#change(secrets => this.#replace(secrets, name, value))
  }

  rotate(name: string): string {
    checkName(name)
    const variable = overrideVariable(name)
    if (this.#place.env[variable])
      throw new SecretsError(`secret "${name}" comes from ${variable}`, `change it there, or unset ${variable}`)
    const value = makePassword()
    return this.#change(secrets => {
      const before = secrets.get(name)
      if (!before) throw new SecretsError(`there is no secret "${name}"`, `there is: ${[...secrets.keys()].join(', ') || 'none yet'}`)
      if (before.value.includes('\n'))
        throw new SecretsError(`secret "${name}" is no password, so none can be made for it`, `keep another value: secret set ${name}`)
      this.#replace(secrets, name, value)
      return value
    })
  }

  #replace(secrets: Map<string, Entry>, name: string, value: string): void {
    const before = secrets.get(name)
    secrets.set(name, before ? { value, made: before.made, rotated: now() } : { value, made: now() })
  }

  #change<T>(change: (secrets: Map<string, Entry>) => T): T {
    if (this.#preview) throw new SecretsError('secrets are not changed in a preview')
    return updateStore(this.#place, secrets => {
      const wanted = change(secrets)
      this.#known = this.#learn(secrets)
      return wanted
    })
  }

  #learn(secrets: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
    for (const { value } of secrets.values()) this.#hidden(value)
    return new Map(secrets)
  }

  #hidden(value: string): string {
    this.redactor.add(value, { doubleSha1: true })
    return value
  }
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9._/-]{0,99}$/i.test(name)) return
  throw new SecretsError(`"${name}" is no name for a secret`, 'letters, digits and . _ / - in between')
}

function now(): string {
  return new Date().toISOString()
}
