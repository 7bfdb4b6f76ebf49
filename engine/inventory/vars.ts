import type { z } from 'zod'
import { check, isMissing } from './explain.ts'
import type { Problem } from './problem.ts'
import type { Path, Source } from './source.ts'

/** What the engine must know of a role to check an inventory. */
export interface RoleSchema {
  /** Schema of the role's variables. */
  readonly vars: z.ZodType
  /** Roles that cannot be on the same host. */
  readonly conflicts?: readonly string[] | undefined
}

/** All roles there are, by name. */
export type RoleSchemas = Readonly<Record<string, RoleSchema>>

/** Where roles are looked up: loaded only as they are named. */
export interface RoleSource {
  /** The names of all roles there are. */
  readonly names: readonly string[]
  /** Those of these names that are roles. */
  load(names: Iterable<string>): Promise<RoleSchemas>
}

type Values = Readonly<Record<string, unknown>>

/** Variables written in one place: at the fleet, a group or a host. */
export interface VarLayer {
  /** Where they stand in the file, e.g. `['groups', 'producers', 'vars']`. */
  readonly path: Path
  readonly vars: Readonly<Record<string, Values>>
}

interface Merged {
  readonly values: Values
  /** The layer each variable's value comes from. */
  readonly origin: ReadonlyMap<string, VarLayer>
}

/** Variables of one role: a later layer replaces a variable of an earlier one whole, so that no value is a mix of two. */
export function mergeRoleVars(layers: readonly VarLayer[], role: string): Merged {
  const values = new Map<string, unknown>()
  const origin = new Map<string, VarLayer>()
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.vars[role] ?? {})) {
      values.set(name, value)
      origin.set(name, layer)
    }
  }
  return { values: Object.fromEntries(values), origin }
}

/**
 * Merges and checks the variables of one role on one host. Each problem is put where the wrong value is written,
 * be it at the fleet; a variable nobody gives is missed at `host`.
 */
export function checkRoleVars(
  role: string,
  schema: RoleSchema,
  layers: readonly VarLayer[],
  source: Source,
  host: Path,
): { readonly values: Values; readonly problems: readonly Problem[] } {
  const { values, origin } = mergeRoleVars(layers, role)
  const locate = (path: Path): Path => {
    const layer = origin.get(String(path[0]))
    return layer ? [...layer.path, role, ...path] : [...host, 'vars', role]
  }
  const { data, problems, issues } = check<unknown>(schema.vars, values, source, locate, 'variable')
  const missing = issues.flatMap(issue => (isMissing(issue, values) && issue.path.length === 1 ? [String(issue.path[0])] : []))
  return {
    values: (data ?? values) as Values,
    problems: [
      ...problems.filter(({ message }) => !missing.some(name => message === `missing variable "${name}"`)),
      ...missing.map(name =>
        source.atKey(
          [...host, 'vars', role],
          `role ${role} needs the variable "${name}" on host "${String(host.at(-1))}"`,
          `give it under vars: ${role}: at the host, one of its groups or the fleet`,
        ),
      ),
    ],
  }
}

/**
 * Checks variables of a role that no host has, as far as one layer alone can be judged: what is missing may be
 * meant to come from elsewhere, and rules between variables wait until there is a host to hold them.
 */
export function checkUnusedVars(role: string, schema: RoleSchema, layer: VarLayer, source: Source): readonly Problem[] {
  const values = layer.vars[role] ?? {}
  const locate = (path: Path): Path => [...layer.path, role, ...path]
  const { problems, issues } = check(schema.vars, values, source, locate, 'variable')
  const unknownCount = problems.length - issues.length
  const judged = issues.map(issue => issue.code !== 'custom' && !isMissing(issue, values))
  return problems.filter((_, index) => index < unknownCount || judged[index - unknownCount])
}
