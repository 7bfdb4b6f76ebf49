import { expect, test } from 'vitest'
import { apt } from '../../../../engine/resources/apt.ts'
import { bash } from '../bash.ts'

const tools = apt('chrony', 'htop', 'libc6')
const { kind } = tools
const output = 'chrony ii  4.3-2+deb12u1\nlibc6:armhf hi  2.36-9\nhtop rc  3.2.2-2\n'
const one = <T>(list: readonly T[]) => list[0] as T

test('one question for all packages, each asked once', () => {
  expect(kind.ask([apt('a', 'b').spec, apt('b', 'c++').spec])).toBe("dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev} ${Version}\\n' a b c++")
})

test('half installed, removed and unknown packages are missing; held ones are not', () => {
  const seen = one(kind.read(output, [tools.spec]))
  expect([...seen]).toEqual([['chrony', '4.3-2+deb12u1'], ['libc6', '2.36-9']])
  expect(kind.compare(tools.spec, seen, [])).toEqual([{ does: 'install htop' }])
  expect(kind.compare(tools.spec, one(kind.read(output.replace('rc', 'iF'), [tools.spec])), [])).toEqual([{ does: 'install htop' }])
  expect(kind.compare(tools.spec, one(kind.read(output.replace('rc', 'ii'), [tools.spec])), [])).toEqual([])
  expect(kind.compare(tools.spec, one(kind.read('', [tools.spec])), [])).toEqual([{ does: 'install chrony htop libc6' }])
})

test('installs only what is missing, asks nothing, mends dpkg first', () => {
  const [step] = kind.change(tools.spec, one(kind.read(output, [tools.spec])), [])
  const run = step && 'run' in step ? step.run : ''
  expect(run).toMatch(/^export DEBIAN_FRONTEND=noninteractive\ndpkg --configure -a /)
  expect(run).toContain('--no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold htop; }')
})

test('a failed installation is tried once more after an update, and its failure is the step\'s', () => {
  const [step] = kind.change(tools.spec, new Map(), [])
  const run = step && 'run' in step ? step.run : ''
  const played = (installs: string) => bash(`dpkg() { :; }; find() { echo fresh; }; n=0; apt-get() { echo "$1 $2" ; case "$*" in "install -f "*) return 0 ;; install*) n=$((n+1)); ${installs} ;; esac; }\n${run}`)
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
