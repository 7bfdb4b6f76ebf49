import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { journalFile, journalText } from '../../../../engine/run/journal.ts'
import { bash } from '../bash.ts'

test('each change adds a line, which names it', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'journal-'))
  try {
    const write = (name: string) =>
      bash(
        journalText({ role: 'base', name, changes: [{ does: 'mode 0600 → 0644' }, { does: '100 % "new"' }] }, 'anna').replaceAll(
          path.dirname(journalFile),
          `${at}/new`,
        ),
      )
    for (const name of ["file /etc/it's", 'file /etc/b']) expect(write(name)).toEqual({ code: 0, stdout: '', stderr: '' })
    const lines = readFileSync(`${at}/new/${path.basename(journalFile)}`, 'utf8')
      .trimEnd()
      .split('\n')
      .map(json => JSON.parse(json) as unknown)
    const line = (resource: string) => ({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      by: 'anna',
      role: 'base',
      resource,
      did: ['mode 0600 → 0644', '100 % "new"'],
    })
    expect(lines).toEqual([line("file /etc/it's"), line('file /etc/b')])
  } finally {
    rmSync(at, { recursive: true })
  }
})
