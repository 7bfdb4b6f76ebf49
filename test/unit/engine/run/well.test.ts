import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Failed } from '../../../../engine/errors.ts'
import { healthMark } from '../../../../engine/plan/marks.ts'
import { role, type RoleDefinition } from '../../../../engine/role.ts'
import { untilWell } from '../../../../engine/run/well.ts'
import { ConnectionLost } from '../../../../engine/ssh/errors.ts'
import type { StatusQuestion } from '../../../../engine/status.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
let before: string | undefined
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'well-'))
  before = process.env['PATH']
  process.env['PATH'] = `${at}:${before}`
  systemctl('active')
  program('journalctl', `printf "%s " "$@"; echo; echo no bread today`)
})
afterEach(() => {
  process.env['PATH'] = before
  rmSync(at, { recursive: true })
})

function program(name: string, text: string) {
  writeFileSync(`${at}/${name}`, `#!/bin/bash\n${text}\n`)
  chmodSync(`${at}/${name}`, 0o755)
}
/** A systemd that knows one unit; `since` is shell text. */
const systemctl = (state: string, since = 'echo Monday') =>
  program(
    'systemctl',
    `[ "$4" = --value ] || printf 'Id=shop.service\\nActiveState=${state}\\nNRestarts=0\\nActiveEnterTimestamp=%s\\n' "$(${since})"`,
  )

const [host] = hostsNamed(['one'], ['shop'])
async function look(question: Partial<StatusQuestion> = {}, ran?: (text: string) => void) {
  const definition: RoleDefinition<z.ZodObject, undefined> = {
    vars: z.object({}),
    memory: () => ({}),
    *desired() {},
    status: () => ({ units: ['shop'], within: 2, ...question }),
  }
  const said: string[] = []
  if (!host) throw new Error('no host')
  const session = await folderSession(`${at}/pi`, ran ? { ran } : {})
  const ended = await untilWell(
    { role: role('shop', definition), vars: {}, prepared: undefined },
    { host, fleet: fleetOf([host]), session, say: text => said.push(text) },
  ).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Failed) return error
      throw error
    },
  )
  return { said, failure: ended?.failure }
}

test('a role is well when its units run and it finds nothing wrong, sooner or later; what a person should read is said', async () => {
  const bread = {
    ask: 'echo . >>asked; wc -l <asked',
    read: (text: string) => (Number(text) < 2 ? { wrong: ['no bread'] } : { warns: ['no cake'] }),
  }
  expect(await look(bread)).toEqual({ said: ['shop: no cake'], failure: undefined })
})

test('one that is not, fails with what is wrong and the last lines of its units', async () => {
  expect(await look({ ask: 'true', read: () => ({ wrong: ['no bread', 'no milk'] }) })).toEqual({
    said: [],
    failure: {
      message: 'role shop was set up but does not do its work: no bread; no milk',
      role: 'shop',
      output: ['-n 10 --no-pager -o cat -u shop.service ', 'no bread today'],
      hint: 'mend what it names; `journalctl -b -n 50 -u shop.service` on one says more',
    },
  })
  systemctl('failed')
  expect((await look()).failure).toMatchObject({ message: 'role shop was set up but does not do its work: shop is failed' })
})

test('health that an earlier run owes is no reason against it: that is what is looked at', async () => {
  const owed = await look({ ask: `mkdir -p pending; touch pending/${healthMark('shop')}`, read: () => ({}) })
  expect(owed.failure).toBeUndefined()
})

test('where only units are asked, one that starts again and again is not taken for one that runs', async () => {
  expect((await look()).failure).toBeUndefined()
  systemctl('active', 'date +%s%N')
  expect((await look()).failure).toMatchObject({ message: 'role shop was set up but does not do its work: it does not stay up' })
})

test('a lost link is no word about the role', async () => {
  const { failure } = await look({}, () => {
    throw new ConnectionLost('the cable is out')
  })
  expect(failure).toEqual({ code: 'connection-lost', message: 'the cable is out' })
})
