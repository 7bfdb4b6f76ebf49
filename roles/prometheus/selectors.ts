import { parser } from '@prometheus-io/lezer-promql'

/** What a query wants of one label. */
export interface Matcher {
  readonly label: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** Series that a query looks at. */
export interface Selector {
  readonly name: string
  readonly matchers: readonly Matcher[]
}

/**
 * The series that a query of PromQL looks at, in its order, those it names more than once as often.
 * @throws Error where it is no PromQL, or a series has no name
 */
export function selectorsIn(expr: string): Selector[] {
  const found: Selector[] = []
  parser.parse(expr).iterate({
    enter({ type, node }) {
      if (type.isError) throw new Error(`no PromQL at character ${node.from}: ${expr}`)
      if (type.name !== 'VectorSelector') return
      const textOf = (of: { readonly from: number; readonly to: number } | null) => (of ? expr.slice(of.from, of.to) : '')
      const name = textOf(node.getChild('Identifier'))
      if (name === '') throw new Error(`a series without a name: ${expr}`)
      const matchers = (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map(each => ({
        label: textOf(each.getChild('LabelName')),
        op: textOf(each.getChild('MatchOp')) as Matcher['op'],
        value: unquoted(textOf(each.getChild('StringLiteral'))),
      }))
      found.push({ name, matchers })
    },
  })
  return found
}

/** Strings of PromQL are Go's: in double quotes like JSON's, in backquotes as they are. */
function unquoted(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1)
  return JSON.parse(text.startsWith("'") ? `"${text.slice(1, -1).replaceAll('"', '\\"').replaceAll("\\'", "'")}"` : text) as string
}
