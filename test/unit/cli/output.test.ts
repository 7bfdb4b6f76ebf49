import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { printable, printableJson } from '../../../engine/report/printable.ts'
import { Redactor } from '../../../engine/secrets/redact.ts'
import { out, outJson, tell } from '../../../cli/output.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test.for([
  ['clipboard \x1b]52;c;cm0gLXJmIC8=\x07 taken', 'clipboard  taken'],
  ['title \x1b]0;x\x1b\\ set', 'title  set'],
  ['clear\x1b[2J\x1b[H\x1bc screen', 'clear screen'],
  ['over\rwritten\b\b, two\r\nlines\tand a tab', 'overwritten, two\nlines\tand a tab'],
  ['eight bits \x9b2J \x9d52;c;eA==\x9c', 'eight bits  '],
  ['turned \u202egnp.exe\u202c', 'turned gnp.exe'],
  ['hidden \x1b[8mtext\x1b[0m', 'hidden text\x1b[0m'],
  ['\x1b[31mred\x1b[39m is ours, ąę°C too', '\x1b[31mred\x1b[39m is ours, ąę°C too'],
  ['cut off \x1b]52;c;aaaa', 'cut off '],
])('nothing commands the terminal: %j', ([text = '', clean = '']) => expect(printable(text)).toBe(clean))

test('JSON keeps the data', () => {
  const data = { text: '\x1b[2J\x9b2J\u202e\x7f' }
  expect(printableJson(data)).toMatch(/^[ -~]+$/)
  expect(JSON.parse(printableJson(data))).toEqual(data)
})

test('what is printed anywhere has no secret that any part of the process knows', () => {
  const written: string[] = []
  const write = (text: unknown) => written.push(String(text)) > 0
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  new Redactor().add('sesame-open')
  out('sesame-open\x1b[2J\n')
  outJson({ said: 'sesame-open' })
  tell('sesame-open')
  expect(written).toEqual(['[redacted]\n', '{"said":"[redacted]"}\n', '[redacted]\n'])
})

test('commands write to the terminal in one place', () => {
  const root = path.join(import.meta.dirname, '../../..')
  const writers = ['cli', 'scripts']
    .flatMap(folder => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map(file => `${folder}/${file}`))
    .filter(file => file.endsWith('.ts') && /\bstd(out|err)\.write\(|\bconsole\./.test(readFileSync(path.join(root, file), 'utf8')))
  // Completion prints names of the user's own inventory for a shell.
  expect(writers.sort()).toEqual(['cli/completion.ts', 'cli/output.ts'])
})

const script = spawn('script', ['--version']).on('error', () => {})
test.skipIf(script.pid === undefined)('Ctrl-D at a question for a password ends it with a word', async () => {
  const secret = path.join(import.meta.dirname, '../../../scripts/bin/secret.mjs')
  const inventory = path.join(import.meta.dirname, '../../../hosts/lab.yaml')
  const child = spawn('script', ['-qec', `${process.execPath} ${secret} --inventory ${inventory} set test/none`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.includes('value of test/none: ') && child.stdin.writable) child.stdin.end('\x04')
  })
  const code = await new Promise(done => child.on('close', done))
  expect(said).toContain('no value of test/none was typed')
  expect(code).toBe(64)
})
