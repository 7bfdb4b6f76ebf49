import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backendKind } from '../../../collector/backends/kind.ts'
import { registered } from '../../../collector/backends/registry.ts'
import { loadSettings } from '../../../collector/load/settings.ts'
import { buildProgram } from '../../../engine/programs/index.ts'
import { paper } from './paper/index.ts'

describe('a backend that exists in this test only', { timeout: 60_000 }, () => {
  let folder: string
  let program: string
  const at = (name: string) => join(folder, name)
  const collect = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env: {}, timeout: 30_000 })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'own-backend-'))
    ;({ path: program } = await buildProgram(join(import.meta.dirname, 'paper/collect.ts'), { cache: folder }))
    writeFileSync(at('sensor'), '48312\n')
    writeFileSync(at('password'), 'ink\n')
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const config = () => {
    const settings = {
      location: 'here',
      note: '{sequence}',
      interval: 20,
      sensor: at('sensor'),
      queue: { directory: at('queue') },
      deadLetters: at('dead'),
      metrics: { address: '127.0.0.1', port: 0 },
      backends: [{ type: 'paper', sheet: at('sheet'), passwordFile: at('password') }],
    }
    writeFileSync(at('config.json'), JSON.stringify(settings))
    return at('config.json')
  }

  it('gets what the agent measures, and its queue is told', async () => {
    const agent = spawn(process.execPath, [program, 'agent', '--config', config()], { stdio: 'ignore' })
    const ended = new Promise(done => agent.once('exit', done))
    const lines = () => {
      try {
        return readFileSync(at('sheet'), 'utf8').split('\n')
      } catch {
        return []
      }
    }
    for (let tries = 0; tries < 200 && lines().length < 6; tries++) await new Promise(done => setTimeout(done, 50))
    agent.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(lines().slice(0, 3)).toEqual(['opened with ink', 'here 48.312 1', 'here 48.312 2'])
    expect(collect('queue', '--config', at('config.json')).stdout).toContain('paper: 0 readings')
  })

  it('is loaded by the load tool, with a flag of its own', () => {
    const said = collect('--backend', 'paper', '--sheet', at('load'), '--duration', '300ms', '--threads', '2', '--json', '--location', 'l')
    const { backend, stored } = JSON.parse(said.stdout) as { backend: string; stored: number }
    expect({ status: said.status, backend }).toEqual({ status: 0, backend: 'paper' })
    expect(readFileSync(at('load'), 'utf8').match(/^l /gm)).toHaveLength(stored)
  })

  it('has its flags in the help, and its command', () => {
    const help = collect('--help').stdout
    expect(help).toContain('--sheet <file>')
    expect(help).toContain('collect --backend paper --sheet readings.txt')
    expect(help).not.toMatch(/keyspace|mariadb|cassandra/i)
    expect(collect('shred').stdout).toBe('shredded\n')
    expect(collect('--backend', 'mariadb').stderr).toContain('Allowed choices are paper')
  })

  it('is told which of its flags is wrong', () => {
    const flags = { backend: 'paper', threads: 1, inflight: 1, duration: 1, note: '', sensor: 's' }
    expect(() => loadSettings(flags, {}, [paper])).toThrow('--sheet: ')
    expect(() => loadSettings({ ...flags, sheet: 'x', host: ['a b'] }, {}, [paper])).toThrow('--host: not a host')
    expect(() => loadSettings({ ...flags, sheet: 'x', keyspace: 'k' }, {}, [paper, ...registered])).toThrow(
      expect.objectContaining({ message: '--keyspace: paper has no such thing', remedy: 'it has --host, --sheet' }),
    )
  })

  it('does not compile where a part is missing, or a flag sets no field', () => {
    const { open: _open, ...without } = paper
    const { sheet } = paper.flags
    // @ts-expect-error nothing opens it
    expect(backendKind(without)).toBeDefined()
    // @ts-expect-error there is no such field
    expect(backendKind({ ...paper, flags: { paper: sheet } })).toBeDefined()
  })

  it('brings none of the others’ drivers', () => {
    const text = readFileSync(program, 'utf8')
    expect(text).not.toMatch(/mysql_native_password|PlainTextAuthenticator/)
  })
})
