import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import { healthMark } from '../../../../engine/plan/marks.ts'
import { command } from '../../../../engine/resources/index.ts'
import { role } from '../../../../engine/role.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { preparing } from '../../../../engine/run/prepared.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'contract-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const hosts = hostsNamed(['one', 'two'], ['shop'])
const fleet = fleetOf(hosts)

/** A role that says what its Pis differ in, and of its health no more than its status. */
async function run() {
  const made: string[] = []
  const shop = role('shop', {
    vars: z.object({}),
    memory: () => ({}),
    variant: ({ facts, host }) => `${facts.architecture} ${host.name}`,
    prepare: ({ variant }) => {
      made.push(variant ?? '')
      return Promise.resolve(`stall for ${variant}`)
    },
    *desired({ host, prepared }) {
      yield command('stall', { unless: `[ -e ${at}/${host.name}/stall ]`, run: `echo ${prepared} >${at}/${host.name}/stall` })
    },
    status: () => ({
      units: [],
      ask: `cat ${at}/sick 2>/dev/null`,
      read: said => (said.trim() ? { wrong: [said.trim()] } : {}),
      within: 0,
    }),
  })
  const offered = () => []
  const results = await convergeAll(
    hosts,
    {
      fleet,
      roles: { shop },
      registry: Registry.of({ shop }),
      offered,
      check: false,
      diff: false,
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: preparing(fleet, { offered, authority: () => Promise.reject(new Error('no CA')) }),
      open: host => folderSession(`${at}/${host.name}`),
      on: () => {},
    },
    2,
  )
  return { made: made.sort(), ended: [...results.values()].map(({ status, failure }) => failure?.message ?? status) }
}
const owes = (name: string) => existsSync(`${at}/${name}/pending/${healthMark('shop')}`)

test('what Pis differ in is told by their facts, and each gets what was prepared for it', async () => {
  const { made, ended } = await run()
  expect([made, ended]).toEqual([
    ['amd64 one', 'amd64 two'],
    ['changed', 'changed'],
  ])
  expect(readFileSync(`${at}/two/stall`, 'utf8')).toBe('stall for amd64 two\n')
})

test('the status of a role that says no more of its health is owed from its first change until it is ok', async () => {
  writeFileSync(`${at}/sick`, 'no bread\n')
  const wrong = 'role shop was set up but does not do its work: no bread'
  expect((await run()).ended).toEqual([wrong, wrong])
  expect((await run()).ended).toEqual([wrong, wrong])
  expect([owes('one'), owes('two')]).toEqual([true, true])
  rmSync(`${at}/sick`)
  expect((await run()).ended).toEqual(['unchanged', 'unchanged'])
  expect([owes('one'), owes('two')]).toEqual([false, false])
})
