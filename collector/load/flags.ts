import { Option } from 'commander-node18'
import type { Flag } from '../backends/flags.ts'
import type { Kinds } from '../backends/kind.ts'

/** The flags of all kinds, for the command line: one that several have is one flag, whose help says who means what by it. */
export function backendOptions(kinds: Kinds): readonly Option[] {
  const named = new Map<string, { readonly type: string; readonly flag: Flag }[]>()
  for (const { type, flags } of kinds)
    for (const flag of Object.values(flags)) named.set(flag.name, [...(named.get(flag.name) ?? []), { type, flag }])
  return [...named.values()].flatMap(same => {
    const [{ type, flag }] = same as unknown as readonly [{ readonly type: string; readonly flag: Flag }]
    const help = helpOf(
      same.map(each => ({ type: each.type, help: each.flag.help })),
      kinds.length,
    )
    const option = new Option(`--${flag.name} ${flag.value}`, help)
    if (flag.parse) option.argParser(flag.parse as (text: string) => unknown)
    return flag.without === undefined
      ? [option]
      : [option, new Option(`--no-${flag.name}`, helpOf([{ type, help: flag.without }], kinds.length))]
  })
}

function helpOf(texts: readonly { readonly type: string; readonly help: string }[], kinds: number): string {
  const [first] = texts
  const alike = texts.every(({ help }) => help === first?.help)
  return alike && texts.length === kinds && first ? first.help : texts.map(({ type, help }) => `${type}: ${help}`).join('; ')
}

/** How the command line's parser names a flag: `by-day` is `byDay`. */
export const optionOf = ({ name }: Pick<Flag, 'name'>): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
