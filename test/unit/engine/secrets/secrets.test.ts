import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generateIdentity, openWithLibrary } from '../../../../engine/secrets/seal.ts'
import { SecretsError } from '../../../../engine/secrets/secrets-error.ts'
import { openSecrets, overrideVariable, type Secrets, type SecretsOptions } from '../../../../engine/secrets/secrets.ts'

let folder: string
let inventory: string
let identity: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'secrets-'))
  inventory = path.join(folder, 'pi.yaml')
  identity = path.join(folder, '.config/temperature-fleet/identity.txt')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (options: SecretsOptions = {}): Secrets => openSecrets(inventory, { env: {}, home: folder, ...options })
const file = (): string => path.join(folder, 'pi.secrets.age')
const mode = (name: string): string => (statSync(name).mode & 0o777).toString(8)

/** Message and hint of the SecretsError that `act` ends in. */
function refusal(act: () => unknown): [string, string | undefined] {
  try {
    act()
  } catch (error) {
    if (error instanceof SecretsError) return [error.message, error.hint]
    throw error
  }
  throw new Error('nothing was refused')
}

test('a secret is made at first use, kept encrypted, and the same from then on', () => {
  const value = open().get('mariadb/root')
  expect(value).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{28}$/)
  expect(open().get('mariadb/root')).toBe(value)
  expect(open().get('mariadb/app')).not.toBe(value)
  expect(readFileSync(file(), 'latin1')).toMatch(/^age-encryption\.org\/v1\n/)
  expect([mode(file()), mode(identity), mode(path.dirname(identity))]).toEqual(['600', '600', '700'])
  expect(readdirSync(folder).sort()).toEqual(['.config', 'pi.secrets.age'])
})

test('opening writes nothing', () => {
  expect(open().list()).toEqual([])
  expect(open().show('x')).toBeUndefined()
  expect(readdirSync(folder)).toEqual([])
})

test('a preview has a placeholder, writes nothing and changes nothing', () => {
  const secrets = open({ preview: true })
  expect(secrets.get('mariadb/root')).toBe('(secret mariadb/root, made when it is needed)')
  expect(secrets.redactor.redact(`x=${secrets.get('mariadb/root')}`)).toBe('x=[redacted]')
  expect(refusal(() => secrets.set('a', 'b'))[0]).toBe('secrets are not changed in a preview')
  expect(readdirSync(folder)).toEqual([])
  const real = open().get('mariadb/root')
  expect(open({ preview: true }).get('mariadb/root')).toBe(real)
})

test('set, rotate, list and show', () => {
  const secrets = open()
  secrets.set('b', 'first value')
  const made = secrets.get('a')
  const rotated = secrets.rotate('a')
  expect(rotated).not.toBe(made)
  secrets.set('b', 'second value')
  const again = open()
  expect([again.show('a'), again.show('b'), again.show('c')]).toEqual([rotated, 'second value', undefined])
  expect(again.list().map(({ name, rotated: when }) => [name, when !== undefined])).toEqual([
    ['a', true],
    ['b', true],
  ])
  expect(JSON.stringify(again.list())).not.toContain(rotated)
  expect(refusal(() => again.rotate('c'))).toEqual(['there is no secret "c"', 'there is: a, b'])
  expect(refusal(() => again.get('../x y'))[0]).toBe('"../x y" is no name for a secret')
  expect(refusal(() => again.set('a', ''))[0]).toBe('the value of secret "a" is empty')
})

test('the environment stands in for a kept value', () => {
  open().set('mariadb/root', 'kept value')
  const secrets = open({ env: { FLEET_SECRET_MARIADB_ROOT: 'from outside' } })
  expect(overrideVariable('mariadb/root')).toBe('FLEET_SECRET_MARIADB_ROOT')
  expect(secrets.get('mariadb/root')).toBe('from outside')
  expect(secrets.list()).toMatchObject([{ name: 'mariadb/root', overriddenBy: 'FLEET_SECRET_MARIADB_ROOT' }])
  expect(secrets.redactor.redact('from outside, kept value')).toBe('[redacted], [redacted]')
  expect(refusal(() => secrets.rotate('mariadb/root'))).toEqual([
    'secret "mariadb/root" comes from FLEET_SECRET_MARIADB_ROOT',
    'change it there, or unset FLEET_SECRET_MARIADB_ROOT',
  ])
})

test('an identity that others can read is refused', () => {
  open().get('a')
  chmodSync(identity, 0o640)
  expect(refusal(() => open())).toEqual([`${identity} can be read by others (mode 640)`, `run: chmod 600 ${identity}`])
})

test('a missing or wrong identity, and a damaged file, each say what to do', () => {
  open().get('a')
  const elsewhere = path.join(folder, 'other.txt')
  const env = { FLEET_IDENTITY: elsewhere }
  expect(refusal(() => open({ env }))).toEqual([
    `${file()} is encrypted, and there is no identity at ${elsewhere} to open it`,
    'copy the identity from the machine that made the file, or name it with FLEET_IDENTITY',
  ])
  writeFileSync(elsewhere, `${generateIdentity().identity}\n`, { mode: 0o600 })
  expect(refusal(() => open({ env }))[0]).toBe(`${file()} was encrypted for another identity than ${elsewhere}`)
  writeFileSync(elsewhere, 'my key\n')
  expect(refusal(() => open({ env }))).toEqual([
    `${elsewhere} is not an age identity`,
    'it should hold one line that begins with AGE-SECRET-KEY-1',
  ])
  writeFileSync(file(), readFileSync(file()).subarray(0, -1))
  expect(refusal(() => open())[0]).toBe(`${file()} cannot be opened: it is damaged`)
})

test('others named as recipients can read it too', () => {
  const [one, two] = [generateIdentity(), generateIdentity()]
  writeFileSync(path.join(folder, 'pi.recipients'), `# ann\n${one.recipient} # laptop\n\n`)
  const value = open({ env: { FLEET_RECIPIENTS: two.recipient } }).get('a')
  for (const { identity: theirs } of [one, two]) expect(openWithLibrary(readFileSync(file()), [theirs])).toContain(value)

  writeFileSync(path.join(folder, 'pi.recipients'), `\n${one.identity}\n`)
  const [message] = refusal(() => open().get('b'))
  expect(message).toBe(`${path.join(folder, 'pi.recipients')}:2: this is a private key`)
})

test('processes that ask at once get one value, and lose none of the others', async () => {
  const worker = path.join(import.meta.dirname, 'ask.mjs')
  const asked = await Promise.all([0, 1, 2, 3].map(index => run(worker, inventory, folder, 'shared', `own-${index}`)))
  expect(new Set(asked.map(([shared]) => shared)).size).toBe(1)
  const secrets = open()
  asked.forEach(([shared, own], index) => expect([secrets.show('shared'), secrets.show(`own-${index}`)]).toEqual([shared, own]))
  expect(secrets.list()).toHaveLength(5)
  expect(readdirSync(folder).sort()).toEqual(['.config', 'pi.secrets.age'])
}, 60_000)

test('a lock left by a dead process is taken over, one of another machine after a minute', () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${file()}.lock`, `999999999 ${hostname()} 1`)
  expect(open().get('a')).toHaveLength(28)
  writeFileSync(`${file()}.lock`, '1 another-machine 1')
  const old = new Date(Date.now() - 120_000)
  utimesSync(`${file()}.lock`, old, old)
  expect(open().get('b')).toHaveLength(28)
  expect(existsSync(`${file()}.lock`)).toBe(false)
})

function run(script: string, ...args: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve(JSON.parse(out) as string[]) : reject(new Error(`exit code ${code}`))))
  })
}
