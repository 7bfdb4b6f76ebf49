import { readFile } from 'node:fs/promises'

/** One mount of this machine. */
export interface Mount {
  readonly at: string
  readonly from: string
}

/** The kernel writes blanks and backslashes of paths in octal. */
function plain(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}

/** Reads /proc/self/mounts, in the order they were made. */
export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [from = '', at = ''] = line.split(' ')
      return { at: plain(at), from: plain(from) }
    })
}

/** Mounts at a directory or anywhere below it, the last made first: the order to take them down. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const mounts = parseMounts(await readFile('/proc/self/mounts', 'utf8'))
  return mounts
    .map(({ at }) => at)
    .filter(at => at === directory || at.startsWith(`${directory}/`))
    .reverse()
}

export async function isMounted(directory: string): Promise<boolean> {
  return (await mountsBelow(directory)).includes(directory)
}
