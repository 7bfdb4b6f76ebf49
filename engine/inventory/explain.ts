import type { z } from 'zod'
import { holdsPassword } from './hidden.ts'
import { didYouMean } from './nearest.ts'
import type { Source, Path } from './source.ts'
import type { Problem } from './problem.ts'
import { unknownKeys } from './unknown-keys.ts'

type Issue = z.core.$ZodIssue

/** Turns a path inside the checked value into the place in the file that wrote it. */
export type Locate = (path: Path) => Path

/**
 * Checks `value` against `schema` and says in the file's own words what is wrong.
 * `noun` is what a key is called here: `key`, or `variable` for those of a role.
 */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  source: Source,
  locate: Locate,
  noun = 'key',
): { readonly data?: T; readonly problems: readonly Problem[]; readonly issues: readonly Issue[] } {
  const unknown = unknownKeys(schema, value)
  const problems = unknown.map(({ path, known }) => {
    const name = String(path.at(-1))
    const hint = didYouMean(name, known) ?? `${noun}s here: ${known.join(', ')}`
    return source.atKey(locate(path), `unknown ${noun} "${name}"`, hint)
  })
  // A schema used a handful of times is not worth compiling.
  const result = schema.safeParse(value, { jitless: true })
  if (result.success) return { data: result.data, problems, issues: [] }
  const issues = result.error.issues.filter(issue => issue.code !== 'unrecognized_keys')
  for (const issue of issues) problems.push(problemOf(issue, value, source, locate, noun))
  return { problems, issues }
}

/** Is this issue about something that is not there at all? */
export function isMissing(issue: Issue, root: unknown): boolean {
  return issue.path.length > 0 && valueAt(root, issue.path) === undefined
}

function problemOf(issue: Issue, root: unknown, source: Source, locate: Locate, noun: string): Problem {
  const value = valueAt(root, issue.path)
  const at = locate(issue.path)
  if (isMissing(issue, root)) return source.atKey(at, `missing ${noun} "${label(issue.path)}"`)
  const name = label(issue.path.length > 0 ? issue.path : at)
  const named = (issue.path.length > 0 ? issue.path : at).findLast(step => typeof step === 'string')
  if (holdsPassword(named) && typeof value !== 'object') return source.atValue(at, `${name} must not be the password itself`, passwordHint)
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const message = `${name} must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}, not ${describe(value)}`
    return source.atValue(at, message, typeof value === 'string' ? (whichOf(value, values) ?? didYouMean(value, values)) : undefined)
  }
  return source.atValue(at, `${name} ${sentence(issue, value)}`, quotesHint(issue, value))
}

const passwordHint = 'say where it comes from: { command: pass show pi }, { env: NAME } or { secret: NAME }; without the key you are asked'

// `rpi5` is the beginning of several.
function whichOf(value: string, values: readonly string[]): string | undefined {
  const longer = value.length < 3 ? [] : values.filter(each => each.startsWith(`${value.toLowerCase()}-`))
  return longer.length > 1 ? `which one: ${longer.join(', ')}?` : undefined
}

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${expectation(issue.expected)}, not ${describe(value)}`
    case 'invalid_union':
      // Our own schemas bring a sentence of their own; others get the list of what would do.
      if (issue.message !== 'Invalid input') return issue.message
      return `must be ${alternatives(issue)}, not ${describe(value)}`
    case 'too_small':
      return [
        `must ${atLeast(issue.origin)}`,
        issue.inclusive === false ? 'more than' : 'at least',
        `${limit(issue.origin, issue.minimum)}${now(value)}`,
      ].join(' ')
    case 'too_big':
      return [
        `must ${atLeast(issue.origin)}`,
        issue.inclusive === false ? 'less than' : 'at most',
        `${limit(issue.origin, issue.maximum)}${now(value)}`,
      ].join(' ')
    case 'custom':
      return issue.message
    default:
      return `is not right: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`
  }
}

function alternatives(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const words = issue.errors.flatMap(branch => {
    const [first] = branch
    if (!first) return []
    if (first.code === 'invalid_type' && first.path.length === 0) return [expectation(first.expected)]
    return [first.message]
  })
  return [...new Set(words)].join(' or ')
}

function expectation(expected: string): string {
  const words: Record<string, string> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
    null: 'nothing',
  }
  return words[expected] ?? expected
}

/** A value as messages name it: short ones as they are, the others by kind. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : 'a longer text'
  if (typeof value === 'object') return 'a map of keys'
  if (typeof value === 'number') return `the number ${value}`
  return String(value)
}

function atLeast(origin: string): string {
  return origin === 'number' || origin === 'int' || origin === 'bigint' ? 'be' : 'have'
}

function limit(origin: string, count: number | bigint): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' || origin === 'set' ? 'entry' : undefined
  if (unit === undefined) return String(count)
  return `${count} ${Number(count) === 1 ? unit : unit.replace(/y$/, 'ie') + 's'}`
}

function now(value: unknown): string {
  return typeof value === 'number' ? `, not ${value}` : ''
}

function quotesHint(issue: Issue, value: unknown): string | undefined {
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string'
  return wantsText && (typeof value === 'number' || typeof value === 'boolean') ? `in quotes it is text: "${value}"` : undefined
}

// `roles[1]` for an entry of a list, `cpu` for a key.
function label(path: Path): string {
  const key = path.findLastIndex(step => typeof step === 'string')
  const indexes = path.slice(key + 1).map(step => `[${String(step)}]`)
  return `${String(path[key] ?? 'the inventory')}${indexes.join('')}`
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}
