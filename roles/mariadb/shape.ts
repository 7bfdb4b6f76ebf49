import { sqlName } from './sql.ts'

/** A column as readings need it. */
export interface Column {
  readonly name: string
  /** Its definition, as CREATE and ALTER take it. */
  readonly definition: string
  /** What is wrong with the type (as information_schema spells it); undefined where it takes every reading whole. */
  readonly fault: (type: string) => string | undefined
  /** The character set its text must have, and what its collation must end with. */
  readonly text?: { readonly charset: string; readonly collation?: RegExp }
}

/** The shape that "each reading exactly once" stands on. */
export interface Shape {
  readonly columns: readonly Column[]
  /** The primary key, in order. */
  readonly key: readonly string[]
}

/** A column that is there. */
export interface ColumnSeen {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  /** e.g. `auto_increment`, `STORED GENERATED`. */
  readonly extra: string
  readonly charset: string
  readonly collation: string
}

/** An index that refuses equal rows. */
export interface UniqueSeen {
  readonly name: string
  /** `name`, or `name(length)` where only the beginning counts. */
  readonly columns: readonly string[]
}

export interface TableSeen {
  readonly engine: string
  readonly columns: readonly ColumnSeen[]
  readonly unique: readonly UniqueSeen[]
}

/** One thing that is wrong with a table, and the part of an ALTER TABLE that mends it. */
export interface Fault {
  readonly says: string
  readonly mends: readonly string[]
}

/** Exactly this type. */
export const exactly =
  (wanted: string) =>
  (type: string): string | undefined =>
    type.toLowerCase() === wanted ? undefined : `is ${type}, not ${wanted}`

/** A VARCHAR of at least this many characters. */
export const varchar =
  (least: number) =>
  (type: string): string | undefined =>
    Number(/^varchar\((\d+)\)$/i.exec(type)?.[1]) >= least ? undefined : `is ${type}, not varchar(${least})`

/**
 * Everything by which a table differs from what exactly-once needs: with it, readings would be rounded, taken for duplicates, or refused.
 */
export function faults(shape: Shape, seen: TableSeen): Fault[] {
  return [
    ...engineFaults(seen),
    ...shape.columns.flatMap(column => columnFaults(column, seen)),
    ...keyFaults(shape, seen),
    ...foreignFaults(shape, seen),
  ]
}

function engineFaults({ engine }: TableSeen): Fault[] {
  return engine.toLowerCase() === 'innodb'
    ? []
    : [{ says: `its engine is ${engine}, which a power cut damages, not InnoDB`, mends: ['ENGINE = InnoDB'] }]
}

function columnFaults({ name, definition, fault, text }: Column, { columns }: TableSeen): Fault[] {
  const found = columns.find(column => column.name === name)
  if (!found) return [{ says: `it has no ${name}`, mends: [`ADD COLUMN ${sqlName(name)} ${definition}`] }]
  const charset =
    text && found.charset !== text.charset ? `has the character set ${found.charset || 'none'}, not ${text.charset}` : undefined
  const collation =
    text?.collation?.test(found.collation) === false
      ? `has the collation ${found.collation || 'none'}, by which different names may be equal`
      : undefined
  const generated = /generated/i.test(found.extra) ? 'is computed and takes no value' : undefined
  const says = [fault(found.type), charset, collation, generated].filter(Boolean)
  return says.length ? [{ says: `${name} ${says.join(' and ')}`, mends: [`MODIFY ${sqlName(name)} ${definition}`] }] : []
}

function keyFaults({ key }: Shape, { columns, unique }: TableSeen): Fault[] {
  const primary = unique.find(({ name }) => name === 'PRIMARY')
  if (primary?.columns.join() === key.join()) return []
  // A column that counts by itself must stay the first of some index.
  const counting = columns.filter(({ name, extra }) => /auto_increment/i.test(extra) && primary?.columns[0] === name)
  return [
    {
      says: `its primary key is (${primary?.columns.join(', ') ?? 'none'}), not (${key.join(', ')})`,
      mends: [
        ...counting.map(({ name }) => `ADD KEY (${sqlName(name)})`),
        ...(primary ? ['DROP PRIMARY KEY'] : []),
        `ADD PRIMARY KEY (${key.map(sqlName).join(', ')})`,
      ],
    },
  ]
}

/** What somebody added that would keep readings out. */
function foreignFaults({ columns: wanted }: Shape, { columns, unique }: TableSeen): Fault[] {
  const keys = unique
    .filter(({ name }) => name !== 'PRIMARY')
    .map(
      ({ name, columns: of }): Fault => ({
        says: `its unique key ${name} (${of.join(', ')}) would take readings for duplicates`,
        mends: [`DROP KEY ${sqlName(name)}`],
      }),
    )
  const needed = columns.filter(
    ({ name, nullable, hasDefault, extra }) =>
      !wanted.some(column => column.name === name) && !nullable && !hasDefault && !/auto_increment|generated/i.test(extra),
  )
  return [
    ...keys,
    ...needed.map(
      ({ name, type }): Fault => ({
        says: `its column ${name} wants a value that no reading has`,
        mends: [`MODIFY ${sqlName(name)} ${type} NULL`],
      }),
    ),
  ]
}
