import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { filesIn, privateKey, request } from '../../../../../roles/awsiot/key.ts'
import { parseRequest } from '../../../../../roles/awsiot/request.ts'
import {
  asksPlaces,
  makesNext,
  placesCertificate,
  placesIn,
  printsRequest,
  putsBack,
  readPlaces,
  removes,
  switches,
} from '../../../../../roles/awsiot/rotate/places.ts'

const owner = userInfo().username
const sh = (text: string) => execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const look = (at: string) => readPlaces(sh(asksPlaces(at)))
/** What a key signed for itself: to the Pi one certificate is like another. */
const sign = (place: string) => sh(`openssl req -x509 -key '${place}/private.pem.key' -subj /CN=x -days 9 2>/dev/null`)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'places-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const { run } of [privateKey(filesIn(folder), owner), request(filesIn(folder), owner, 'producer1')]) sh(run)
  writeFileSync(filesIn(folder).certificate, sign(folder))
})

/** A new key beside the old one, with a certificate. */
function withNext(): void {
  sh(makesNext(folder, owner, 'producer1'))
  sh(placesCertificate(folder, owner, sign(placesIn(folder).next)))
}

/** The texts of each place that is whole. */
function sets(at: string) {
  const text = (place: string) => {
    const names = ['private.pem.key', 'public.pem.key', 'request.csr', 'certificate.pem.crt'].map(name => path.join(place, name))
    return names.every(name => existsSync(name)) ? names.map(name => readFileSync(name, 'utf8')).join() : undefined
  }
  const { current, next, former } = placesIn(at)
  return { current: text(current), next: text(next), former: text(former) }
}

test('what is printed of a place is what belongs to its key', () => {
  const { current, next, former, endpoint } = look(folder)
  expect(current?.request).toBe(parseRequest(sh(printsRequest(folder)), 'producer1').fingerprint)
  expect(current?.certificate).toMatch(/^[0-9a-f]{64}$/)
  expect([next, former, endpoint]).toEqual([undefined, undefined, false])
  writeFileSync(filesIn(folder).endpoint, 'a.example\n')
  sh(`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out '${filesIn(folder).key}' 2>/dev/null`)
  expect(look(folder)).toEqual({ current: {}, endpoint: true })
  rmSync(folder, { recursive: true })
  expect(look(folder)).toEqual({ endpoint: false })
})

test('a new key is made beside the old, and is not made again', () => {
  sh(makesNext(folder, owner, 'producer1'))
  const first = look(folder)
  expect(first.next?.request).toMatch(/^[0-9a-f]{12}$/)
  expect(first.next?.certificate).toBeUndefined()
  expect(statSync(filesIn(placesIn(folder).next).key).mode & 0o777).toBe(0o600)
  sh(makesNext(folder, owner, 'producer1'))
  expect(look(folder)).toEqual(first)
})

test('the new ones come into use, and those of before again', () => {
  withNext()
  const before = look(folder)
  sh(switches(folder))
  expect(look(folder)).toEqual({ current: before.next, former: before.current, endpoint: false })
  expect(statSync(filesIn(folder).key).mode & 0o777).toBe(0o600)
  sh(switches(folder))
  expect(look(folder).current).toEqual(before.next)
  sh(putsBack(folder))
  expect(look(folder)).toEqual(before)
  sh(removes(folder, 'next'))
  expect(look(folder)).toEqual({ current: before.current, endpoint: false })
})

test.each([
  ['switches', switches],
  ['puts back', putsBack],
] as const)(
  'what %s is killed before each command: done again it ends alike, with nothing lost',
  (_, exchange) => {
    withNext()
    if (exchange === putsBack) sh(switches(folder))
    const start = sets(folder)
    const copy = `${folder}-copy`
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
    let kills = 0
    for (let at = 0; ; at++) {
      rmSync(copy, { recursive: true, force: true })
      cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
      const { signal } = spawnSync('bash', ['-c', `n=0; set -T; trap '[ $((n++)) -lt ${at} ] || kill -9 $$' DEBUG\n${exchange(copy)}`])
      if (signal === null) break
      kills++
      // Whole sets of both keys are there at any moment, in use or beside it.
      const cut = sets(copy)
      for (const set of [start.current, start.next ?? start.former]) expect(Object.values(cut)).toContain(set)
      sh(exchange(copy))
      const end = sets(copy)
      expect(end.current).toBe(start.next ?? start.former)
      expect(end.next ?? end.former).toBe(start.current)
      sh(removes(copy, exchange === switches ? 'former' : 'next'))
      expect(
        readdirSync(copy).filter(
          name => name.startsWith('.') || name.endsWith('.new') || existsSync(path.join(copy, name, 'private.pem.key')),
        ),
      ).toEqual([])
    }
    expect(kills).toBeGreaterThan(15)
  },
  120_000,
)
