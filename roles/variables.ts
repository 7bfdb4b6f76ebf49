import * as z from 'zod'
import type { Roles } from '../engine/role.ts'

/** One variable of a role, as its schema says it. */
export interface Variable {
  /** e.g. `tarball.source` for one of a variable that has parts. */
  readonly name: string
  readonly type: string
  /** As it would be written in an inventory; absent: none. */
  readonly byDefault: string | undefined
  readonly meaning: string | undefined
}

/** The parts of JSON Schema that schemas of variables use. */
interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly default?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
}

// What zod writes for a whole number without a bound of its own.
const unbound = Number.MAX_SAFE_INTEGER

/** The variables of a schema, in its order; one that has parts comes before them. */
export function variablesOf(schema: z.ZodType): readonly Variable[] {
  return listed(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '')
}

function listed({ properties = {} }: Schema, before: string): readonly Variable[] {
  return Object.entries(properties).flatMap(([key, schema]) => [
    {
      name: before + key,
      type: typeText(schema),
      byDefault: schema.default === undefined ? undefined : JSON.stringify(schema.default),
      meaning: schema.description,
    },
    ...listed(schema, `${before}${key}.`),
  ])
}

function typeText(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeText).join(', or ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.enum) return schema.enum.map(String).join(', ')
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`
  if (schema.type === 'object')
    return typeof schema.additionalProperties === 'object' ? `names → ${typeText(schema.additionalProperties)}` : 'parts'
  const words = { string: 'text', boolean: 'true, false', integer: 'whole number', number: 'number' }
  const word = words[schema.type as keyof typeof words] ?? 'any'
  const { minimum, maximum, exclusiveMinimum } = schema
  const least =
    minimum !== undefined && minimum > -unbound
      ? `from ${minimum}`
      : exclusiveMinimum !== undefined && exclusiveMinimum > -unbound
        ? `above ${exclusiveMinimum}`
        : ''
  const most = maximum !== undefined && maximum < unbound ? `to ${maximum}` : ''
  return [word, least, most].filter(Boolean).join(' ')
}

/** The page docs/variables.md: a table a role. */
export function variablesPage(roles: Roles): string {
  const tables = Object.values(roles).map(role => {
    const rows = variablesOf(role.vars as z.ZodType).map(
      ({ name, type, byDefault, meaning }) =>
        `| \`${name}\` | ${cell(type)} | ${byDefault === undefined ? '' : `\`${cell(byDefault)}\``} | ${cell(meaning ?? '')} |`,
    )
    return `## ${role.name}\n| variable | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Variables of the roles
Made from the roles' schemas by \`npm run docs:vars\`; a test holds it to them. They are written in the inventory by role name, for the fleet, a group or a
host: \`vars: { collector: { interval: 500 } }\`.

${tables.join('\n')}`
}

const cell = (text: string) => text.replaceAll('|', '\\|')
