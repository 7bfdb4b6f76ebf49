import type { Host } from '../inventory/types.ts'

/** Asks a person for a host's password; see `OpenOptions.askPassword`. */
export type Ask = (host: Host, like?: Host) => Promise<string | undefined>

/**
 * The sudo passwords a person gave in this run, each for the host it was asked for: a Pi that somebody else has must not learn
 * those of the others by asking for one. Questions follow each other; an empty answer means the password given last.
 */
export class AskedPasswords {
  readonly #ask: Ask | undefined
  readonly #hide: (password: string) => void
  readonly #given = new Map<string, string>()
  #last: { readonly host: Host; readonly password: string } | undefined
  #asking: Promise<unknown> = Promise.resolve()

  /** `hide` is told of each password before it is used. */
  constructor(ask: Ask | undefined, hide: (password: string) => void) {
    this.#ask = ask
    this.#hide = hide
  }

  /** What was given for this host before. */
  of(host: Host): string | undefined {
    return this.#given.get(host.name)
  }

  /** The one given was of no use. */
  forget(host: Host): void {
    this.#given.delete(host.name)
  }

  /** Asks for it, after everybody who was asked before. Undefined where nobody answers. */
  ask(host: Host): Promise<string | undefined> {
    const asked = this.#asking.then(() => this.#one(host))
    this.#asking = asked.catch(() => {})
    return asked
  }

  async #one(host: Host): Promise<string | undefined> {
    const typed = await this.#ask?.(host, this.#last?.host)
    const password = typed === '' ? this.#last?.password : typed
    if (password === undefined) return undefined
    this.#hide(password)
    this.#given.set(host.name, password)
    this.#last = { host, password }
    return password
  }
}
