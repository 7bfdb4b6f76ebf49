import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { apt } from '../../../../engine/resources/apt.ts'
import { locksHeld } from '../../../../engine/resources/apt-text.ts'
import { hintFor } from '../../../../engine/run/hints.ts'
import { bash } from '../bash.ts'

const tools = apt('chrony', 'htop', 'libc6')
const { kind } = tools
const output = 'chrony ii  4.3-2+deb12u1\nlibc6:armhf hi  2.36-9\nhtop rc  3.2.2-2\n'
const nothing = { installed: new Map<string, string>(), removes: [] }
const one = <T>(list: readonly T[]) => list[0] as T

test('one question for all packages, each asked once', () => {
  expect(kind.ask([apt('a', 'b').spec, apt('b', 'c++').spec])).toContain(
    "q=$(dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev} ${Version}\\n' a b c++)",
  )
})

test('half installed, removed and unknown packages are missing; held ones are not', () => {
  const seen = one(kind.read(output, [tools.spec]))
  expect([...seen.installed]).toEqual([
    ['chrony', '4.3-2+deb12u1'],
    ['libc6', '2.36-9'],
  ])
  expect(kind.compare(tools.spec, seen, [])).toEqual([{ does: 'install htop' }])
  expect(kind.compare(tools.spec, one(kind.read(output.replace('rc', 'iF'), [tools.spec])), [])).toEqual([{ does: 'install htop' }])
  expect(kind.compare(tools.spec, one(kind.read(output.replace('rc', 'ii'), [tools.spec])), [])).toEqual([])
  expect(kind.compare(tools.spec, one(kind.read('', [tools.spec])), [])).toEqual([{ does: 'install chrony htop libc6' }])
})

test('installs only what is missing, asks nothing, mends dpkg first', () => {
  const [step] = kind.change(tools.spec, one(kind.read(output, [tools.spec])), [])
  const run = step && 'run' in step ? step.run : ''
  expect(run).toMatch(/^export DEBIAN_FRONTEND=noninteractive\ndpkg --configure -a /)
  expect(run).toContain(
    '--no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold htop; }',
  )
})

test("a failed installation is tried once more after an update, and its failure is the step's", () => {
  const [step] = kind.change(tools.spec, nothing, [])
  const run = step && 'run' in step ? step.run : ''
  const played = (installs: string) =>
    bash(
      `dpkg() { :; }; find() { echo fresh; }; n=0; apt-get() { echo "$1 $2" ; case "$*" in "install -f "*) return 0 ;; install*) n=$((n+1)); ${installs} ;; esac; }\n${run}`,
    )
  expect(played('return 0')).toMatchObject({ code: 0, stdout: 'install -y\n' })
  expect(played('[ $n -gt 1 ]')).toMatchObject({ code: 0, stdout: 'install -y\nupdate -q\ninstall -f\ninstall -y\n' })
  expect(played('return 100').code).toBe(100)
})

test('several become one transaction', () => {
  expect(kind.merge?.([apt('a', 'b').spec, apt('b', 'c').spec])).toEqual({ packages: ['a', 'b', 'c'], recommends: false })
})

test('a real dpkg is understood', () => {
  const { stdout } = bash(`${kind.ask([apt('bash', 'no-such-package').spec])} 2>/dev/null`)
  expect(kind.compare(apt('bash').spec, one(kind.read(stdout, [tools.spec])), [])).toEqual([])
  expect(kind.compare(apt('no-such-package').spec, one(kind.read(stdout, [tools.spec])), [])).toEqual([{ does: 'install no-such-package' }])
})

/** Runs the installation with an apt-get of our own. */
function played(
  aptGet: string,
  { fresh = true, spec = tools.spec, seen = nothing as typeof nothing | { installed: Map<string, string>; removes: string[] } } = {},
) {
  const at = mkdtempSync(path.join(tmpdir(), 'apt-'))
  const [step] = kind.change(spec, seen, [])
  const run = step && 'run' in step ? step.run : ''
  const result = bash(
    `export N=${at}/notes; dpkg() { :; }; sleep() { :; }; find() { ${fresh ? 'echo fresh' : ':'}; }; ls() { :; }; apt-get() { echo "$*" >>${at}/calls; ${aptGet}; }\n${run}`,
  )
  const read = (name: string) => (existsSync(path.join(at, name)) ? readFileSync(path.join(at, name), 'utf8') : '')
  const told = { ...result, notes: read('notes'), calls: read('calls').split('\n').filter(Boolean) }
  rmSync(at, { recursive: true })
  return told
}
const broken = `echo "E: The repository 'http://mirror.example/debian nosuchsuite Release' does not have a Release file."; return 100`

test('one source that fails stops no installation, and is told', () => {
  const { code, notes, calls } = played(`case "$1" in update) ${broken} ;; esac`, { fresh: false })
  expect(code).toBe(0)
  expect(calls.map(call => call.split(' ')[0])).toEqual(['update', 'install'])
  expect(notes).toBe(
    "a package source fails: The repository 'http://mirror.example/debian nosuchsuite Release' does not have a Release file.; what was wanted is installed all the same\n",
  )
})

test('where the packages are not to be had, the source that fails is the last thing said', () => {
  const { code, stdout, notes } = played(
    `case "$1" in update) ${broken} ;; *) echo "E: Unable to locate package htop"; return 100 ;; esac`,
    { fresh: false },
  )
  expect(code).not.toBe(0)
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^a package source fails: The repository 'http:\/\/mirror/)
  expect(notes).toBe('')
  expect(hintFor(stdout)).toContain('mend that source')
})

test('a lock that apt itself does not wait for is waited for', () => {
  const { code, calls } = played(
    '[ $(wc -l <"${N%notes}calls") -gt 3 ] || { echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (apt-get)"; return 100; }',
  )
  expect(code).toBe(0)
  expect(calls).toHaveLength(4)
})

test('who holds a lock of that kind is told; a program of the same file without one is not', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'lock-'))
  const held = locksHeld([`${at}/none`, `${at}/lock`])
  try {
    const { stdout } = bash(`touch ${at}/lock; (${held}); echo --
perl -MFcntl -e 'open F, "+<", "${at}/lock" or die; my $l = pack "s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0; fcntl F, F_SETLK, $l or die; mkdir "${at}/held"; sleep 20' >/dev/null 2>&1 &
for n in {1..100}; do [ -e ${at}/held ] && break; sleep 0.05; done; (${held}); kill $!; echo "$!"`)
    const [before = '', after = ''] = stdout.split('--\n')
    expect(before).toBe('')
    expect(after).toMatch(new RegExp(`^perl \\(process (\\d+)\\), which holds ${at}/lock\\n\\1\\n$`))
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('what an installation would remove is in the plan, and only that may go', () => {
  const asked = bash(
    `dpkg-query() { printf '%s\n' 'chrony ii  4.3' 'libc6:armhf ii  2.36'; }; apt-get() { echo "$*" >&2; printf 'Inst htop\nRemv chrony [4.3]\nRemv ntp [1]\n'; }; ${kind.ask([tools.spec, apt('chrony', 'libc6').spec])}`,
  )
  expect(asked.stderr).toMatch(/^-s .*install htop\n$/)
  const [seen, other] = kind.read(asked.stdout, [tools.spec, apt('chrony', 'libc6').spec])
  expect(seen?.removes).toEqual(['chrony', 'ntp'])
  expect(other?.removes).toEqual([])
  expect(kind.compare(tools.spec, one([seen ?? nothing]), [])).toEqual([
    { does: 'install htop' },
    { does: 'REMOVE chrony ntp, which cannot be beside it' },
  ])
  expect(played(':', { seen: { installed: new Map(), removes: ['chrony'] } }).calls.join()).not.toContain('--no-remove')
  expect(played(':').calls.join()).toContain('--no-remove')
})
