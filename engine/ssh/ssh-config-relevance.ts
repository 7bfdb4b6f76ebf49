import { globMatches } from './glob.ts'

// What we would take from `ssh -G`. Anything else in a configuration (SendEnv, HashKnownHosts, …) makes no difference here.
const relevant = new Set([
  'hostname', 'port', 'user', 'identityfile', 'identitiesonly', 'identityagent', 'proxyjump', 'proxycommand',
  'userknownhostsfile', 'globalknownhostsfile', 'hostkeyalias', 'canonicalizehostname',
])

/**
 * Could this ssh_config say anything that matters for one of these names? Errs on the side of yes.
 * `include` gives the texts of the files that an Include names.
 */
export function sshConfigMatters(text: string, names: readonly string[], include: (pattern: string) => readonly string[]): boolean {
  let applies = true
  for (const line of text.split('\n')) {
    const [, keyword = '', rest = ''] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? []
    const key = keyword.toLowerCase()
    if (key === 'host') applies = names.some((name) => hostLineMatches(rest, name))
    // What a Match asks can be anything, a command's exit code even.
    else if (key === 'match') applies = true
    else if (!applies) continue
    else if (relevant.has(key)) return true
    else if (key === 'include' && words(rest).flatMap(include).some((file) => sshConfigMatters(file, names, include))) return true
  }
  return false
}

function hostLineMatches(patterns: string, name: string): boolean {
  let found = false
  for (const pattern of words(patterns)) {
    const negated = pattern.startsWith('!')
    if (!globMatches(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    found = true
  }
  return found
}

function words(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
