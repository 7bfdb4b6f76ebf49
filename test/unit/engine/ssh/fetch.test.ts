import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptOf } from '../../../../engine/kept.ts'
import { fetched, nameOf } from '../../../../engine/resources/index.ts'
import { apply } from '../../../../engine/run/apply.ts'
import { ConnectionLost } from '../../../../engine/ssh/errors.ts'
import { fetchFile, fetchText, readFetched } from '../../../../engine/ssh/fetch.ts'
import type { Session } from '../../../../engine/ssh/session.ts'
import { bash } from '../bash.ts'
import { differs } from '../resources/real.ts'
import { folderSession } from '../run/folder-session.ts'

let at: string
beforeEach(() => {
  at = realpathSync(mkdtempSync(path.join(tmpdir(), 'fetch-')))
})
afterEach(() => rmSync(at, { recursive: true }))

const pi = () => folderSession(`${at}/pi`)
const said = (...answers: readonly string[]) => {
  let asked = 0
  return {
    run: () => Promise.resolve({ code: 0, stdout: answers[Math.min(asked++, answers.length - 1)], stderr: '' }),
  } as unknown as Session
}
const answerOf = (content: Buffer, size = content.length) =>
  `file ${size} ${createHash('sha256').update(content).digest('hex')}\n${content.toString('base64')}\n`

test.each([0, 1, 56, 57, 58, 70_000])('a file of %i bytes comes as it is', async size => {
  const content = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7919) & 255))
  const file = `${at}/it's a file`
  writeFileSync(file, content)
  expect(await fetchFile(await pi(), file, size)).toEqual(content)
})

test('one larger than may be is not sent at all', async () => {
  writeFileSync(`${at}/large`, '12345')
  await expect(fetchFile(await pi(), `${at}/large`, 4)).rejects.toThrow('it has 5 bytes, and at most 4 are taken')
})

test('a link, a link on the way, a folder, a pipe, nothing: none is a file, and nothing of what they lead to is told', async () => {
  mkdirSync(`${at}/folder`)
  writeFileSync(`${at}/folder/secret`, 'secret')
  symlinkSync(`${at}/folder/secret`, `${at}/link`)
  symlinkSync(`${at}/folder`, `${at}/way`)
  execFileSync('mkfifo', [`${at}/pipe`])
  const reasons = {
    link: 'it is a link',
    'way/secret': `a link on the way leads to ${at}/folder/secret`,
    folder: 'it is no regular file',
    pipe: 'it is no regular file',
    none: 'there is none',
  }
  for (const [name, reason] of Object.entries(reasons)) {
    expect(bash(fetchText(`${at}/${name}`, 100)).stdout).toBe(`no ${reason}\n`)
    await expect(fetchFile(await pi(), `${at}/${name}`, 100)).rejects.toThrow(`${at}/${name} is not taken: ${reason}`)
  }
})

test('a Pi that lies about size or content is not believed', async () => {
  const content = Buffer.from('twelve bytes')
  expect(readFetched(answerOf(content), '/x', 100)).toEqual(content)
  await expect(fetchFile(said(answerOf(content, 5)), '/x', 100)).rejects.toThrow('it is changed while it is read')
  await expect(fetchFile(said(answerOf(content).replace(/\w{64}/, 'a'.repeat(64))), '/x', 100)).rejects.toThrow('changed while it is read')
  await expect(fetchFile(said(answerOf(content, 5_000_000)), '/x', 100)).rejects.toThrow('the answer is none')
  await expect(fetchFile(said('bash: no such thing\n'), '/x', 100)).rejects.toThrow('the answer is none')
})

test('one that was changed meanwhile is asked for again', async () => {
  const content = Buffer.from('settled')
  expect(await fetchFile(said(answerOf(content, 5), answerOf(content)), '/x', 100)).toEqual(content)
})

test('it is fetched once, again when it changed, and what is gone from the Pi is not gone from here', async () => {
  const kept = keptOf(`${at}/pi.yaml`, 'shop')
  const resource = fetched(`${at}/id`, kept, 'ids/one', { most: 100 })
  expect(nameOf(resource)).toBe(`fetched ${at}/id`)
  writeFileSync(`${at}/id`, 'one')
  expect(differs(resource)).toEqual([`fetched ${at}/id: keep it on this machine as ids/one`])
  await carriedOut(resource)
  expect([kept('ids/one')?.toString(), differs(resource)]).toEqual(['one', []])
  writeFileSync(`${at}/id`, 'two')
  expect(differs(resource)).toEqual([`fetched ${at}/id: keep it on this machine as ids/one, for it has changed`])
  await carriedOut(resource)
  rmSync(`${at}/id`)
  expect([kept('ids/one')?.toString(), differs(resource)]).toEqual(['two', []])
  writeFileSync(`${at}/id`, 'x'.repeat(101))
  await expect(carriedOut(resource)).rejects.toMatchObject({ failure: { output: [expect.stringContaining('at most 100 are taken')] } })
  expect(kept('ids/one')?.toString()).toBe('two')
})

test('cut in the middle, nothing of it is kept', async () => {
  const kept = keptOf(`${at}/pi.yaml`, 'shop')
  kept.keep('id', Buffer.from('before'))
  writeFileSync(`${at}/id`, 'after')
  const resource = fetched(`${at}/id`, kept, 'id')
  await expect(
    carriedOut(resource, text => {
      if (text.includes('base64')) throw new ConnectionLost('the cable is out')
    }),
  ).rejects.toThrow(ConnectionLost)
  expect(kept('id')?.toString()).toBe('before')
})

test.each(['relative', '/a/../b', '/a//b', '/a/', '/'])('%s is no path to fetch from', file => {
  expect(() => fetched(file, keptOf(`${at}/pi.yaml`, 'shop'), 'x')).toThrow('absolute path without detours')
})

async function carriedOut(resource: ReturnType<typeof fetched>, ran?: (text: string) => void): Promise<void> {
  const { kind, spec } = resource
  const item = {
    role: 'shop',
    resource,
    name: nameOf(resource),
    changes: [],
    steps: kind.change(spec, { there: true, sum: undefined, kept: undefined }, []),
    reactors: [],
  }
  await apply({ items: [item], notes: [], resources: 1 }, await folderSession(`${at}/pi`, ran ? { ran } : {}), {
    host: 'one',
    owner: 'test',
    acting: () => Promise.reject(new Error('no act')),
    on: () => {},
    hasHealth: () => false,
  })
}
