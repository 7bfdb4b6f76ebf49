import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectorEntry } from '../../../collector/entry.ts'
import { buildProgram, type Program } from '../../../engine/programs/index.ts'

describe('the bundle', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'))
  let bundle: Program

  beforeAll(async () => {
    bundle = await buildProgram(collectorEntry, { cache: directory })
  }, 60_000)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const collect = (...args: string[]) => spawnSync(process.execPath, [bundle.path, ...args], { encoding: 'utf8', env: {} })

  test('is one file below 2 MB, the same for the same sources, and holds no path of this machine', async () => {
    const text = readFileSync(bundle.path)
    expect(bundle).toEqual({ path: bundle.path, bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') })
    expect(bundle.bytes).toBeLessThan(2_000_000)
    expect(await buildProgram(collectorEntry, { cache: directory })).toEqual(bundle)
    expect(text.includes(process.cwd())).toBe(false)
  })

  test('loads a driver only where a backend is opened', async () => {
    const { metafile } = await build({
      entryPoints: [collectorEntry],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      logLevel: 'silent',
    })
    const files = metafile.inputs
    const reached = new Set<string>()
    const follow = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { path, kind } of files[file]?.imports ?? []) if (kind !== 'dynamic-import') follow(path)
    }
    follow('collector/collect.ts')
    const drivers = (list: Iterable<string>) =>
      new Set([...list].flatMap(file => /node_modules\/(mariadb|cassandra-driver|kafkajs|mqtt-packet)\//.exec(file)?.[1] ?? []))
    expect(drivers(Object.keys(files))).toEqual(new Set(['mariadb', 'cassandra-driver', 'kafkajs', 'mqtt-packet']))
    expect(drivers(reached)).toEqual(new Set())
  })

  test('prints the temperature', () => {
    writeFileSync(join(directory, 'temp'), '48312\n')
    expect(execFileSync(process.execPath, [bundle.path, 'once', '--sensor', join(directory, 'temp')], { encoding: 'utf8' })).toBe(
      '48.312 °C\n',
    )
  })

  test.each([
    [['agnt'], 'Did you mean agent?'],
    [['--backend', 'mariadb', '--thread', '3'], 'Did you mean --threads?'],
    [['--backend', 'mysql'], 'Allowed choices are mariadb'],
    [['--threads', '2'], "required option '--backend <name>' not specified"],
    [['agent'], "required option '--config <file>' not specified"],
  ])('%j is wrong use', (args, message) => {
    const { status, stderr, stdout } = collect(...args)
    expect(stderr).toContain(message)
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
  })

  test('a failure is a sentence and a remedy', () => {
    const { status, stderr } = collect('--backend', 'mariadb', '--host', '127.0.0.1:1', '--duration', '1s')
    expect(stderr).toBe('collect: connect ECONNREFUSED 127.0.0.1:1\n  check that mariadb runs and listens on 127.0.0.1:1\n')
    expect(status).toBe(1)
  })

  test('an agent without a config says how to give one', () => {
    const { status, stderr } = collect('agent', '--config', '/nowhere.json')
    expect(stderr).toContain('cannot read the config /nowhere.json (ENOENT)')
    expect(status).toBe(1)
  })

  test('an empty queue can be looked at', () => {
    const config = join(directory, 'config.json')
    writeFileSync(config, JSON.stringify({ location: 'p', queue: { directory: join(directory, 'none') }, backends: [{ type: 'mariadb' }] }))
    expect(collect('queue', '--config', config)).toMatchObject({
      status: 0,
      stdout: '0.0 KiB of 65536 KiB in 0 files\nmariadb: 0 readings\n',
    })
  })
})
