import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { plan } from '../../../../engine/plan/plan.ts'
import { file } from '../../../../engine/resources/file.ts'
import { journalFile, journalText } from '../../../../engine/run/journal.ts'
import { bash } from '../bash.ts'

test('each run adds a line a change, which names it and not its content', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'journal-'))
  try {
    const wanted = [file("/etc/it's", 'hush', { secret: true }), file('/etc/b', '')].map(resource => ({ role: 'base', resource }))
    const text = journalText(plan(wanted, { state: new Map(), pending: new Set() }), 'anna', new Date(0)).replaceAll(path.dirname(journalFile), `${at}/new`)
    expect(bash(text)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(bash(text).code).toBe(0)
    const line = (resource: string) => ({ at: '1970-01-01T00:00:00.000Z', by: 'anna', role: 'base', resource, did: ['create'] })
    const lines = readFileSync(`${at}/new/${path.basename(journalFile)}`, 'utf8').trimEnd().split('\n').map(json => JSON.parse(json) as unknown)
    expect(lines).toEqual([line("file /etc/it's"), line('file /etc/b'), line("file /etc/it's"), line('file /etc/b')])
  } finally {
    rmSync(at, { recursive: true })
  }
})
