import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { globMatches } from './glob.ts'
import { sshConfigMatters } from './ssh-config-relevance.ts'

/** Does the user's or the machine's ssh_config say anything about one of these names? A look at two or three small files. */
export function anySshConfigMatters(
  names: readonly string[],
  home: string,
  { etc = '/etc/ssh', readFile = readConfigFile }: { readonly etc?: string; readonly readFile?: (file: string) => string } = {},
): boolean {
  return [path.join(home, '.ssh/config'), path.join(etc, 'ssh_config')].some((file) => {
    const folder = path.dirname(file)
    let depth = 0
    const include = (pattern: string): readonly string[] => {
      // A file that includes itself is ssh's to complain about.
      if (depth++ > 64) return ['Host *\nPort 22']
      return matchingFiles(pattern.startsWith('~/') ? path.join(home, pattern.slice(2)) : path.resolve(folder, pattern)).map(readFile)
    }
    return sshConfigMatters(readFile(file), names, include)
  })
}

/** The text of a configuration file; empty when there is none. One that cannot be read matters: ssh will say so. */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : 'Host *\nPort 22'
  }
}

function matchingFiles(pattern: string): readonly string[] {
  const folder = path.dirname(pattern)
  const name = path.basename(pattern)
  if (!/[*?[]/.test(name)) return [pattern]
  try {
    return readdirSync(folder)
      .filter((file) => name.includes('[') || globMatches(name, file))
      .map((file) => path.join(folder, file))
  } catch {
    return []
  }
}
