import type { Fleet } from './inventory/types.ts'
import type { AnyRole, Roles } from './role.ts'

/** How a role is loaded: its folder's own `import()`. */
export type RoleLoaders = Readonly<Record<string, () => Promise<{ readonly default: AnyRole }>>>

/**
 * Every role there is, by name. One is loaded where an inventory, or a Pi that had it, names it: a fleet does not pay at each start for
 * products that it does not have.
 */
export class Registry {
  readonly loaders: RoleLoaders
  readonly #loading = new Map<string, Promise<AnyRole>>()

  constructor(loaders: RoleLoaders) {
    this.loaders = loaders
  }

  /** A registry of roles that are loaded already. */
  static of(roles: Roles): Registry {
    return new Registry(Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, () => Promise.resolve({ default: role })])))
  }

  /** The names of all roles, loaded or not. */
  get names(): readonly string[] {
    return Object.keys(this.loaders)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.loaders, name)
  }

  /** The roles of these names, with those they exclude; a name that is no role is left out. In the registry's order. */
  async load(names: Iterable<string>): Promise<Roles> {
    const found = new Map<string, AnyRole>()
    // A set that grows while it is gone through is gone through to its end.
    const wanted = new Set([...names].filter(name => this.has(name)))
    await Promise.all([...wanted].map(name => this.#load(name)))
    for (const name of wanted) {
      const role = await this.#load(name)
      found.set(name, role)
      for (const other of role.conflicts ?? []) if (this.has(other)) wanted.add(other)
    }
    return Object.fromEntries(this.names.flatMap(name => (found.has(name) ? [[name, found.get(name)]] : [])) as [string, AnyRole][])
  }

  /** The roles that hosts of a fleet have. */
  ofFleet({ hosts }: Pick<Fleet, 'hosts'>): Promise<Roles> {
    return this.load(new Set(hosts.flatMap(({ roles }) => roles)))
  }

  all(): Promise<Roles> {
    return this.load(this.names)
  }

  #load(name: string): Promise<AnyRole> {
    const loading = this.#loading.get(name) ?? (this.loaders[name] as RoleLoaders[string])().then(module => module.default)
    this.#loading.set(name, loading)
    return loading
  }
}
