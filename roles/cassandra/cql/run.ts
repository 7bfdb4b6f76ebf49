import type { Shell } from '../../../engine/resources/index.ts'

/** Shell text that runs CQL here, on standard input, where no process list shows it. */
export function runCql(text: string, options = ''): Shell {
  // A string may hold any line, also the one that ends the text.
  const lines = new Set(text.split('\n'))
  let end = '.'
  while (lines.has(end)) end += '.'
  return `/usr/local/bin/cql ${options}<<'${end}'\n${text}\n${end}`
}

/** Lines of `cql`'s own: may this role log in; make it the superuser of the ring. */
export const loginWord = (user: string, password: string) => `login ${JSON.stringify([user, password])}`
export const claimWord = (user: string, password: string) => `claim ${JSON.stringify([user, password])}`
