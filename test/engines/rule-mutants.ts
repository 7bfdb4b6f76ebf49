import { parser } from '@prometheus-io/lezer-promql'

/** A rule, as far as it is made wrong here. */
export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
}

/** A rule with one thing wrong. */
export interface Mutant {
  readonly rule: Rule
  /** What is wrong with it. */
  readonly how: string
}

/** Text of the query that another takes the place of. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

const flipped: Readonly<Record<string, readonly [string, string]>> = {
  Gtr: ['>', '<'],
  Lss: ['<', '>'],
  Gte: ['>=', '<'],
  Lte: ['<=', '>'],
  Eql: ['==', '!='],
  Neq: ['!=', '=='],
}

/**
 * All mutants of a rule: a comparator turned round; a number that is compared halved, or doubled; what it waits for left out; a label left
 * out, of all series it is wanted of, or of what is summed up by it.
 */
export function mutantsOf(rule: Rule): readonly Mutant[] {
  const { expr } = rule
  const found: Mutant[] = []
  const add = (how: string, ...edits: readonly Edit[]) => found.push({ how, rule: { ...rule, expr: edited(expr, edits) } })
  const labels = new Map<string, Edit[]>()
  parser.parse(expr).iterate({
    enter({ type, node, from, to }) {
      const text = expr.slice(from, to)
      const turned = flipped[type.name]
      // Of labels it is an operator of another kind, one below.
      if (turned && node.parent?.name === 'BinaryExpr') add(`${turned[0]} → ${turned[1]}`, { from, to, text: turned[1] })
      if (/^NumberLiteral|^NumberDurationLiteral$/.test(type.name) && Number(text) !== 0 && isCompared(node))
        for (const [how, factor] of [['halved', 0.5] as const, ['doubled', 2] as const])
          add(`${text} ${how}`, { from, to, text: String(Number(text) * factor) })
      if (type.name === 'UnquotedLabelMatcher') {
        const name = expr.slice(node.firstChild?.from, node.firstChild?.to)
        const comma = /^\s*,/.exec(expr.slice(to))?.[0].length ?? 0
        labels.set(name, [...(labels.get(name) ?? []), { from, to: to + comma, text: '' }])
      }
      if (type.name === 'GroupingLabels')
        for (const label of node.getChildren('LabelName')) {
          const left = node
            .getChildren('LabelName')
            .filter(each => each.from !== label.from)
            .map(each => expr.slice(each.from, each.to))
          add(`not by ${expr.slice(label.from, label.to)}`, { from, to, text: `(${left.join(', ')})` })
        }
    },
  })
  for (const [name, edits] of labels) add(`whatever ${name}`, ...edits)
  if (rule.for !== undefined) found.push({ how: 'at once', rule: { alert: rule.alert, expr } })
  return found
}

interface Node {
  readonly name: string
  readonly parent: Node | null
  getChild(name: string): unknown
}

/** Is it part of one side of a comparison? */
function isCompared(node: Node): boolean {
  for (let above = node.parent; above; above = above.parent)
    if (above.name === 'BinaryExpr' && Object.keys(flipped).some(name => above?.getChild(name))) return true
  return false
}

function edited(text: string, edits: readonly Edit[]): string {
  let changed = text
  for (const { from, to, text: by } of [...edits].sort((one, other) => other.from - one.from))
    changed = changed.slice(0, from) + by + changed.slice(to)
  return changed
}
