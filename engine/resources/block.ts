import { structuredPatch } from 'diff'
import { printsBytes, quote } from '../shell.ts'
import { resource, type Kind, type Resource, type Shell } from './kind.ts'

interface BlockSpec {
  readonly path: string
  /** The lines that are ours, without the marks; none: the block is to be gone. */
  readonly lines: readonly string[] | undefined
  /** What the rest of the file is where there is none. */
  readonly rest: string
  /** A file that begins with this line was ours as a whole, written by an earlier version. */
  readonly wholeBegins: string | undefined
}

interface BlockSeen {
  /** `whole`: the file is ours from end to end; `odd`: a mark is there without the other. */
  readonly file: 'none' | 'whole' | 'without' | 'with' | 'odd'
  /** Lines between the marks. */
  readonly lines: readonly string[]
}

const begin = '# BEGIN provision: what stands here is written anew'
const end = '# END provision'

/** A block with its marks, each line with its newline. */
export const markedBlock = (lines: readonly string[]): string => [begin, ...lines, end, ''].join('\n')

const ask = ({ path, wholeBegins }: BlockSpec, index: number): Shell => {
  const file = quote(path)
  return `printf 'block %s\\n' ${index}; [ -f ${file} ] && {
printf 'there\\n'; IFS= read -r l <${file}
${wholeBegins === undefined ? '' : `[ "$l" = ${quote(wholeBegins)} ] && printf 'whole\\n'`}
b=; e=; while IFS= read -r l || [ -n "$l" ]; do case $l in
  ${quote(begin)}) b=1; printf 'begin\\n' ;;
  ${quote(end)}) [ "$b" ] && e=1; printf 'end\\n' ;;
  *) [ "$b" ] && [ -z "$e" ] && printf '> %s\\n' "$l" ;;
esac; done <${file}; }`
}

function readOne(output: string): BlockSeen {
  const said = output.split('\n')
  const count = (word: string) => said.filter(line => line === word).length
  const lines = said.flatMap(line => (line.startsWith('> ') ? [line.slice(2)] : []))
  if (count('there') === 0) return { file: 'none', lines: [] }
  if (count('whole') > 0) return { file: 'whole', lines: [] }
  if (count('begin') + count('end') === 0) return { file: 'without', lines: [] }
  const inOrder = count('begin') === 1 && count('end') === 1 && said.indexOf('begin') < said.indexOf('end')
  return inOrder ? { file: 'with', lines } : { file: 'odd', lines: [] }
}

/** The rest of the file, on standard output: of a block without its other mark only the marks go, for nobody knows where it ends. */
function restOf({ path, rest }: BlockSpec, { file }: BlockSeen): Shell {
  if (file === 'none' || file === 'whole') return `{ ${printsBytes(rest)}}`
  const marks = file === 'with' ? `/^${begin}$/,/^${end}$/d` : `/^${begin}$/d; /^${end}$/d`
  return `sed ${quote(marks)} ${quote(path)}`
}

export const blockKind: Kind<BlockSpec, BlockSeen> = {
  name: 'block',
  label: spec => spec.path,
  ask: specs => specs.map(ask).join('\n'),
  read: (output, specs) => {
    const parts = output.split(/^block \d+$/m)
    return specs.map((_spec, index) => readOne(parts[index + 1] ?? ''))
  },
  compare({ lines, path }, { file, lines: seen }) {
    if (lines === undefined)
      return file === 'none' || file === 'without'
        ? []
        : [{ does: file === 'whole' ? `give ${path} back` : 'REMOVE our block; the rest stays' }]
    if (file === 'none') return [{ does: 'create' }]
    if (file === 'whole') return [{ does: 'keep to a block of our own: the rest is not ours from now on' }]
    if (file === 'without') return [{ does: 'add our block; the rest stays' }]
    if (file === 'odd') return [{ does: 'mend the marks of our block; the rest stays' }]
    return seen.join('\n') === lines.join('\n') ? [] : [{ does: 'change our block; the rest stays' }]
  },
  change(spec, seen) {
    const { path, lines } = spec
    const beside = quote(`${path}.provision-new`)
    // Ours comes first: of two addresses of a name the first one counts.
    const content = `${lines === undefined ? '' : `${printsBytes(markedBlock(lines))}`}${restOf(spec, seen)}`
    const at = quote(path)
    const like = `{ [ -e ${at} ] && chown --reference=${at} ${beside} && chmod --reference=${at} ${beside} || chmod 0644 ${beside}; }`
    return [{ run: `{ ${content}; } >${beside} && ${like} && sync ${beside} && mv -fT ${beside} ${at}` }]
  },
  detail: {
    ask: spec => ask(spec, 0),
    diff({ path, lines = [] }, output) {
      const { hunks } = structuredPatch(path, path, `${readOne(output).lines.join('\n')}\n`, `${lines.join('\n')}\n`, '', '', {
        context: 2,
      })
      return hunks.flatMap(hunk => hunk.lines).slice(0, 200)
    },
  },
}

/**
 * A marked block of a file that is not ours: it stands first, and whatever stands outside of it stays. `rest` is what else the file holds
 * where there is none yet; one that begins with the line `wholeBegins` was written as a whole by an earlier version, and becomes block and
 * `rest`.
 */
export function block(
  path: string,
  lines: readonly string[],
  { rest = '', wholeBegins }: { readonly rest?: string; readonly wholeBegins?: string } = {},
): Resource<BlockSpec, BlockSeen> {
  return resource(blockKind, { path, lines, rest, wholeBegins })
}

/** Our block of a file is gone; the rest stays. */
export function blockGone(
  path: string,
  { rest = '', wholeBegins }: { readonly rest?: string; readonly wholeBegins?: string } = {},
): Resource<BlockSpec, BlockSeen> {
  return resource(blockKind, { path, lines: undefined, rest, wholeBegins })
}
