import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { figuresProgram } from '../../../roles/exporters/figures.ts'

/** What the program writes in its first minute, with a firmware that says this. */
function written(said: string, certificates: readonly string[] = []): Readonly<Record<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'figures-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(path.join(folder, 'vcgencmd'), `#!/bin/sh\n${said}\n`, { mode: 0o755 })
  const text = figuresProgram(certificates).replace('/run/pi-figures', folder).replace('sleep 60', 'exit 0')
  const env = { PATH: `${folder}:${process.env['PATH']}` }
  expect(spawnSync('bash', ['--norc', '-c', text], { encoding: 'utf8', env })).toMatchObject({ status: 0, stderr: '' })
  return Object.fromEntries(['throttled', 'ends', 'written'].map(name => [name, readFileSync(path.join(folder, `${name}.prom`), 'utf8')]))
}

test('the flags of the firmware are told, each by its name', () => {
  const values = (said: string) =>
    [...(written(said)['throttled']?.matchAll(/cause="(.*?)"} (\d)/g) ?? [])].map(([, cause, value]) => [cause, value])
  expect(values('echo throttled=0x50005')).toEqual([
    ['under-voltage', '1'],
    ['frequency capped', '0'],
    ['throttled', '1'],
    ['soft temperature limit', '0'],
  ])
  // What was so before and is no more is not told.
  expect(values('echo throttled=0x50000').map(([, value]) => value)).toEqual(['0', '0', '0', '0'])
})

test.for(['exit 1', 'echo VCHI initialization failed', 'echo throttled='])('a firmware that does not say makes no figures: %s', said => {
  expect(written(said)['throttled']).toBe('')
})

test('what services have written is told by the service, of those that have', () => {
  // Processes of this machine; each figure is one of a service that there is.
  const { written: text = '' } = written('exit 1')
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  expect(text).toContain('# TYPE pi_written_bytes_total counter')
  for (const line of lines) expect(line).toMatch(/^pi_written_bytes_total\{unit="[^"/]+"\} [1-9]\d*$/)
})

test('certificates are told with their end; one that is not there is not', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const pem = path.join(folder, 'a.pem')
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '10',
    '-subj',
    '/CN=a',
    '-keyout',
    pem,
    '-out',
    `${pem}.crt`,
  ])
  expect(made.status).toBe(0)
  writeFileSync(pem, readFileSync(pem, 'utf8') + readFileSync(`${pem}.crt`, 'utf8'), { mode: 0o600 })
  const { ends = '' } = written('exit 1', [pem, '/nowhere.pem'])
  const days = (Number(/path=".*a\.pem"} (\d+)/.exec(ends)?.[1]) - Date.now() / 1000) / 86_400
  expect(days).toBeGreaterThan(9.9)
  expect(days).toBeLessThan(10.1)
  expect(ends).not.toContain('nowhere')
})
