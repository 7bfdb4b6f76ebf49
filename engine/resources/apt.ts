import { words } from '../shell.ts'
import { installText, locksHeldText, writesNothing } from './apt-text.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface AptSpec {
  readonly packages: readonly string[]
  readonly recommends: boolean
}

interface Seen {
  /** Version by package; packages that are not wholly installed are missing. */
  readonly installed: ReadonlyMap<string, string>
  /** Packages that apt would remove for those that are missing. */
  readonly removes: readonly string[]
}

const absent = (spec: AptSpec, { installed }: Seen) => spec.packages.filter(name => !installed.has(name))

export const aptKind: Kind<AptSpec, Seen> = {
  name: 'apt',
  label: spec => spec.packages.join(' '),
  // What an installation would remove is asked only where something is missing: apt takes its time over that.
  ask: specs => `q=$(dpkg-query -W -f '\${binary:Package} \${db:Status-Abbrev} \${Version}\\n' ${words([...new Set(specs.flatMap(spec => spec.packages))])})
printf '%s\\n' "$q"
would_remove() { local i=$1 p missing=(); shift
for p; do [[ $'\\n'$q =~ $'\\n'"$p"(:[a-z0-9]+)?" "[ih]i" " ]] || missing+=("$p"); done
[ \${#missing[@]} -gt 0 ] && apt-get -s -q ${writesNothing} "\${options[@]}" install "\${missing[@]}" </dev/null |
  while read -r verb name _; do [ "$verb" = Remv ] && printf '#removes %s %s\\n' "$i" "$name"; done; }
${specs.map((spec, index) => `options=(${spec.recommends ? '' : '--no-install-recommends'}); would_remove ${index} ${words(spec.packages)}`).join('\n')}
true`,
  read(output, specs) {
    const installed = new Map<string, string>()
    const removes = specs.map((): string[] => [])
    for (const line of output.split('\n')) {
      const [name = '', status = '', version = ''] = line.split(/ +/)
      if (name === '#removes') removes[Number(status)]?.push(version)
      else if (status === 'ii' || status === 'hi') installed.set(name.replace(/:.*/, ''), version)
    }
    return removes.map(list => ({ installed, removes: list }))
  },
  compare(spec, seen) {
    const missing = absent(spec, seen)
    if (missing.length === 0) return []
    return [
      { does: `install ${missing.join(' ')}` },
      ...(seen.removes.length ? [{ does: `REMOVE ${seen.removes.join(' ')}, which cannot be beside it` }] : []),
    ]
  },
  change(spec, seen) {
    return [
      {
        run: installText({ packages: absent(spec, seen), recommends: spec.recommends, removes: seen.removes.length > 0 }),
        waits: locksHeldText,
        timeout: 3600,
      },
    ]
  },
  merge: specs => ({ packages: [...new Set(specs.flatMap(spec => spec.packages))], recommends: specs.some(spec => spec.recommends) }),
}

/** Debian packages, installed in whatever version the Pi's own apt has; without what they only recommend. */
export function apt(...packages: [string, ...string[]]): Resource<AptSpec, Seen> {
  return resource(aptKind, { packages, recommends: false })
}
