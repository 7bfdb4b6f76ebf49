import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askOwned, askPackaged, noteOwned } from '../../../../engine/resources/owned.ts'
import { file } from '../../../../engine/resources/file.ts'
import { bash, isRoot } from '../bash.ts'
import { pathGone } from '../../../../engine/resources/gone.ts'
import { differs, mend, provisionFolder } from './real.ts'

const conf = file('/etc/app/app.conf', 'a = 1\n')
const { kind } = conf
const sum = (text: string) => createHash('sha256').update(text).digest('hex')
const seen = { mode: '0644', owner: 'root', group: 'root', type: 'regular file', sha256: sum('a = 1\n') }

test('two forks for all files', () => {
  expect(kind.ask([conf.spec, file("/etc/it's", '').spec])).toBe(
    `stat -c '%a %U %G %F|%n' -- /etc/app/app.conf /etc/app/app.conf.before-provision '/etc/it'\\''s' '/etc/it'\\''s.before-provision'\nsha256sum -- /etc/app/app.conf '/etc/it'\\''s'\n${askOwned}\n${askPackaged(['/etc/app/app.conf', "/etc/it's"])}`,
  )
})

test('reads stat and sums, also of names with blanks and backslashes', () => {
  const specs = [conf, file('/a b', ''), file('/dev-disk\\x2d1', ''), file('/none', '')].map(r => r.spec)
  const sha = sum('x')
  const output = `ours /etc/app/app.conf\npackaged /a b\n640 root root regular file|/dev-disk\\x2d1.before-provision\n640 www-data adm regular file|/etc/app/app.conf\n4755 root root regular empty file|/a b\n644 root root symbolic link|/dev-disk\\x2d1\n${sha}  /etc/app/app.conf\n\\${sha}  /dev-disk\\\\x2d1\n`
  expect(kind.read(output, specs)).toEqual([
    { mode: '0640', owner: 'www-data', group: 'adm', type: 'regular file', sha256: sha },
    { mode: '4755', owner: 'root', group: 'root', type: 'regular empty file', sha256: '', foreign: true, packaged: true },
    { mode: '0644', owner: 'root', group: 'root', type: 'symbolic link', sha256: sha, foreign: true, kept: true },
    undefined,
  ])
})

test.for([
  [undefined, ['create']],
  [seen, []],
  [{ ...seen, sha256: sum('b') }, ['change content']],
  [{ ...seen, sha256: sum('b'), foreign: true }, ['keep what stands there as /etc/app/app.conf.before-provision', 'change content']],
  [{ ...seen, sha256: sum('b'), foreign: true, kept: true }, ['change content']],
  [{ ...seen, sha256: sum('b'), foreign: true, packaged: true }, ['change content']],
  [{ ...seen, foreign: true }, []],
  [{ ...seen, mode: '0600', owner: 'pi' }, ['mode 0600 → 0644', 'owner pi:root → root:root']],
  [{ ...seen, type: 'symbolic link' }, ['replace the symbolic link by a file']],
  [{ ...seen, type: 'directory' }, ['replace the directory by a file (it is kept as /etc/app/app.conf.before-provision)']],
] as const)('compares %j', ([observed, does]) => {
  expect(kind.compare(conf.spec, observed, []).map(change => change.does)).toEqual(does)
})

test('mode and owner alone are changed without writing the content', () => {
  expect(kind.change(conf.spec, { ...seen, mode: '0600' }, [])).toEqual([
    { run: 'chown root:root /etc/app/app.conf && chmod 0644 /etc/app/app.conf' },
  ])
})

test('a file of the controller is uploaded beside, checked, then renamed', () => {
  const source = path.join(import.meta.dirname, 'file.test.ts')
  const big = file('/opt/x', { source })
  expect(kind.change(big.spec, undefined, [])).toEqual([
    { run: 'mkdir -p -- /opt' },
    { upload: source, to: '/opt/x.provision-new' },
    {
      run:
        `echo ${sum(readFileSync(source, 'utf8'))}' ' /opt/x.provision-new | sha256sum -c --quiet && ${noteOwned('ours', '/opt/x')} && ` +
        'chown root:root /opt/x.provision-new && chmod 0644 /opt/x.provision-new && sync /opt/x.provision-new && mv -fT /opt/x.provision-new /opt/x',
    },
  ])
})

test('its diff shows both sides; a secret one shows nothing', () => {
  const before = Buffer.from('a = 0\nb = 2\n').toString('base64')
  expect(kind.detail?.diff(file('/x', 'a = 1\nb = 2\n').spec, before)).toEqual(['-a = 0', '+a = 1', ' b = 2'])
  const secret = file('/x', 'password', { secret: true })
  expect(secret.spec.mode).toBe('0600')
  expect(JSON.stringify(kind.detail?.diff(secret.spec, before))).not.toMatch(/password|a = 0/)
})

test.for(['relative', '/', '/ends/', '/with\nline', '/with|bar'])('refuses the path %j', bad => {
  expect(() => file(bad, '')).toThrow('absolute path')
})

describe.skipIf(!isRoot)('under a real bash', () => {
  let at: string
  beforeAll(() => {
    at = mkdtempSync(path.join(tmpdir(), 'file-'))
  })
  afterAll(() => rmSync(at, { recursive: true }))

  test('made, unchanged, drifted, mended', () => {
    const one = file(`${at}/new/deep/it's $& "a" file`, 'line\n.\n$HOME `id` \\ é\n', { mode: '0640', group: 'daemon' })
    const two = file(`${at}/back\\x2dslash`, '')
    expect(mend(one, two)).toEqual([`file ${one.spec.path}: create`, `file ${two.spec.path}: create`])
    expect(readFileSync(one.spec.path, 'utf8')).toBe(one.spec.content)
    expect(mend(one, two)).toEqual([])
    writeFileSync(one.spec.path, 'other')
    chmodSync(two.spec.path, 0o4755)
    expect(mend(one, two)).toEqual([`file ${one.spec.path}: change content`, `file ${two.spec.path}: mode 4755 → 0644`])
  })

  test('a link and a directory in its place make way, what they held is kept', () => {
    const here = `${at}/place`
    writeFileSync(`${at}/target`, 'kept')
    symlinkSync(`${at}/target`, here)
    mend(file(here, 'own'))
    expect([lstatSync(here).isFile(), readFileSync(`${at}/target`, 'utf8')]).toEqual([true, 'kept'])
    expect(readlinkSync(`${here}.before-provision`)).toBe(`${at}/target`)
    const folder = `${at}/folder`
    mkdirSync(folder)
    writeFileSync(`${folder}/inside`, 'kept')
    mend(file(folder, 'own'))
    expect(readFileSync(`${folder}.before-provision/inside`, 'utf8')).toBe('kept')
  })

  test('what somebody else put there is kept once, with owner and mode, and put back when it is to be gone', () => {
    const conf = `${at}/app.conf`
    writeFileSync(conf, 'theirs')
    chmodSync(conf, 0o604)
    chownSync(conf, 1, 2)
    expect(mend(file(conf, 'first')).slice(0, 2)).toEqual([
      `file ${conf}: keep what stands there as ${conf}.before-provision`,
      `file ${conf}: change content`,
    ])
    // It is ours from now on, whoever changes it: there is one file of before, and no second.
    writeFileSync(conf, 'drifted')
    expect(mend(file(conf, 'second'))).toEqual([`file ${conf}: change content`])
    expect(mend(pathGone(conf))).toEqual([`no file ${conf}: put back what stood at ${conf} before`])
    const { mode, uid, gid } = lstatSync(conf)
    expect([readFileSync(conf, 'utf8'), mode & 0o777, uid, gid, existsSync(`${conf}.before-provision`)]).toEqual([
      'theirs',
      0o604,
      1,
      2,
      false,
    ])
    // Given back, it is as foreign as it was.
    expect(differs(file(conf, 'third'))[0]).toContain('keep what stands there')
  })

  test('a file that an earlier version wrote is known by the journal of the Pi, and is not kept', () => {
    const conf = `${at}/earlier.conf`
    writeFileSync(conf, 'an earlier version')
    expect(differs(file(conf, 'own'))[0]).toContain('keep what stands there')
    const journal = `${provisionFolder()}/journal.jsonl`
    rmSync(`${provisionFolder()}/files`, { force: true })
    writeFileSync(journal, `{"at":"2026-01-01T00:00:00Z","by":"me","role":"base","resource":"file ${conf}","did":["create"]}\n`)
    expect(mend(file(conf, 'own'), file(`${at}/another.conf`, ''))).toEqual([
      `file ${conf}: change content`,
      `file ${at}/another.conf: create`,
    ])
    rmSync(journal)
    // What the journal knew came along with the first note.
    writeFileSync(conf, 'drifted')
    expect(differs(file(conf, 'own'))).toEqual([`file ${conf}: change content`])
  })

  test('what was kept inside a folder that goes is put back; the folder goes the next time it is ours', () => {
    const folder = `${at}/app`
    mkdirSync(`${folder}/conf.d`, { recursive: true })
    writeFileSync(`${folder}/conf.d/a.conf`, 'theirs')
    mend(file(`${folder}/conf.d/a.conf`, 'ours'), file(`${folder}/b`, 'ours'))
    expect(mend(pathGone(folder))).toEqual([`no file ${folder}: REMOVE ${folder}, and put back what stood in it before`])
    expect([readFileSync(`${folder}/conf.d/a.conf`, 'utf8'), existsSync(`${folder}/b`)]).toEqual(['theirs', false])
    mend(file(`${folder}/b`, 'ours'))
    expect(mend(pathGone(folder))).toEqual([`no file ${folder}: REMOVE ${folder}`])
  })

  test('an upload that was damaged on its way is not put in place', () => {
    const source = `${at}/source`
    writeFileSync(source, 'whole')
    const sent = file(`${at}/sent`, { source })
    mend(sent)
    writeFileSync(`${at}/sent.provision-new`, 'who')
    const last = kind.change(sent.spec, undefined, []).at(-1)
    expect(bash(last && 'run' in last ? last.run : '').code).not.toBe(0)
    expect(readFileSync(`${at}/sent`, 'utf8')).toBe('whole')
  })

  test('a rest of an earlier run with wide rights does not widen a secret', () => {
    const secret = file(`${at}/secret`, 'hush', { secret: true })
    writeFileSync(`${at}/secret.provision-new`, 'old', { mode: 0o666 })
    const [step] = kind.change(secret.spec, undefined, [])
    const run = step && 'run' in step ? step.run.replace(/ && \{ \[ -e \/var[^]*$/, '') : ''
    expect(bash(run).code).toBe(0)
    expect(lstatSync(`${at}/secret.provision-new`).mode & 0o777).toBe(0o600)
    expect(differs(secret)).toEqual([`file ${secret.spec.path}: create`])
    expect(existsSync(secret.spec.path)).toBe(false)
  })
})

describe.runIf(isRoot)('a file that is looked at before it counts', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'checked-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const target = path.join(folder, 'app.conf')
  const wanted = (text: string) => file(target, text, { check: 'grep -q right "$new"' })

  test('a wrong one never takes the place of the one before', () => {
    mend(wanted('right\n'))
    const { kind: of, spec } = wanted('wrong\n')
    const [observed] = of.read(bash(of.ask([spec])).stdout, [spec])
    const [step] = of.change(spec, observed, [])
    expect(bash(step && 'run' in step ? step.run : 'true').code).not.toBe(0)
    expect(readFileSync(target, 'utf8')).toBe('right\n')
    expect(mend(wanted('right, and new\n'))).toEqual([`file ${target}: change content`])
  })
})
