import * as z from 'zod'
import type { Path } from './source.ts'

/** A key a schema does not know, and those it does know in the same place. */
export interface UnknownKey {
  readonly path: Path
  readonly known: readonly string[]
}

/**
 * Keys of `value` that no object of `schema` declares, however deep.
 * zod drops them silently unless each schema is made strict; a misspelt variable must not be dropped in silence.
 */
export function unknownKeys(schema: z.ZodType, value: unknown, path: Path = []): readonly UnknownKey[] {
  const inner = unwrap(schema)
  if (Array.isArray(value)) {
    if (!(inner instanceof z.ZodArray)) return []
    const element = inner.element as z.ZodType
    return value.flatMap((item, index) => unknownKeys(element, item, [...path, index]))
  }
  if (typeof value !== 'object' || value === null) return []
  if (inner instanceof z.ZodRecord) {
    const valueType = inner.valueType as z.ZodType
    return Object.entries(value).flatMap(([key, item]) => unknownKeys(valueType, item, [...path, key]))
  }
  if (!(inner instanceof z.ZodObject) || open(inner)) return []
  const shape = inner.shape as Record<string, z.ZodType>
  return Object.entries(value).flatMap(([key, item]) => {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined
    return field ? unknownKeys(field, item, [...path, key]) : [{ path: [...path, key], known: Object.keys(shape) }]
  })
}

function open(schema: z.ZodObject): boolean {
  const { catchall } = schema.def
  return catchall !== undefined && !(catchall instanceof z.ZodNever)
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  ) {
    return unwrap(schema.def.innerType as z.ZodType)
  }
  if (schema instanceof z.ZodPipe) {
    // `preprocess` puts its transformation in front, `transform` behind: the side that is a schema of its own says the keys.
    const input = schema.def.in as z.ZodType
    return unwrap(input instanceof z.ZodTransform ? (schema.def.out as z.ZodType) : input)
  }
  return schema
}
