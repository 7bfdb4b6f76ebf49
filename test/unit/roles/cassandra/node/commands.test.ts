import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { commandOf, type NodeAction } from '../../../../../roles/cassandra/node/index.ts'
import { readJoined, readState, stateQuestion } from '../../../../../roles/cassandra/node/question.ts'

/** The real shell texts, in a folder instead of a Pi; `systemctl` says what the test wants. */
let folder: string
const state = () => join(folder, 'var/lib/cassandra')

beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'node-commands-')) })
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  await rm(join(folder, 'var'), { recursive: true, force: true })
  await mkdir(state(), { recursive: true })
  await mkdir(join(folder, 'bin'), { recursive: true })
  await serverIs('inactive')
})

async function serverIs(word: 'active' | 'inactive'): Promise<void> {
  const file = join(folder, 'bin/systemctl')
  await writeFile(file, `#!/bin/sh\ncase "$*" in *is-active*cassandra) exit ${word === 'active' ? 0 : 3} ;; *show*) echo ActiveState=${word}; echo NRestarts=0 ;; esac\n`)
  await chmod(file, 0o755)
}

async function bash(text: string): Promise<{ code: number; stdout: string }> {
  const here = text.replaceAll(/\/(etc|var\/lib|run|usr\/local\/bin)\//g, (path: string) => folder + path)
  try {
    const { stdout } = await promisify(execFile)('bash', ['-c', here], { env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` } })
    return { code: 0, stdout }
  } catch (error) {
    return { code: (error as { code: number }).code, stdout: '' }
  }
}
const act = async (action: NodeAction) => (await bash(commandOf(action))).code
const place: NodeAction = { do: 'place', tokens: ['-5', '9'], seeds: ['10.0.0.2'] }
const looks = async () => readState((await bash(stateQuestion)).stdout)

async function hasData(): Promise<void> {
  for (const name of ['data', 'commitlog', 'hints']) {
    await mkdir(join(state(), name), { recursive: true })
    await writeFile(join(state(), name, 'file'), name)
  }
}

describe('on a Pi', () => {
  it('a place is written with its seeds, and seen again', async () => {
    expect(await act(place)).toBe(0)
    expect(await readFile(join(state(), 'seeds.yaml'), 'utf8')).toContain('10.0.0.2')
    expect(await readFile(join(state(), 'first.options'), 'utf8')).not.toContain('replace')
    expect(await looks()).toMatchObject({ service: 'inactive', remains: false, tokens: ['-5', '9'], mode: undefined })
    expect(await act({ ...place, replaces: '10.0.0.1' })).toBe(0)
    expect(await readFile(join(state(), 'first.options'), 'utf8')).toContain('-Dcassandra.replace_address_first_boot=10.0.0.1')
  })

  it('no place is written where data is, nor beside a server that runs', async () => {
    await hasData()
    expect(await act(place)).not.toBe(0)
    await rm(state(), { recursive: true })
    await serverIs('active')
    expect(await act(place)).not.toBe(0)
  })

  it('data is moved aside with its tokens, and again into another folder', async () => {
    for (const round of [1, 2]) {
      expect(await act(place)).toBe(0)
      await hasData()
      expect(await act({ do: 'set aside' })).toBe(0)
      expect((await readdir(state())).sort()).toEqual([...Array.from({ length: round }, (_, index) => `before-rebalance.${index + 1}`), 'first.options'])
      expect(await readFile(join(state(), `before-rebalance.${round}/data/file`), 'utf8')).toBe('data')
      expect(await looks()).toMatchObject({ remains: false, tokens: undefined })
    }
    expect(await act({ do: 'set aside' })).toBe(0)
    expect(await act({ do: 'forget' })).toBe(0)
    expect(await readdir(state())).toEqual(['first.options'])
  })

  it('what was cut in the middle of that is moved to the rest of it', async () => {
    await hasData()
    await mkdir(join(state(), 'before-rebalance.1'))
    await promisify(execFile)('mv', [join(state(), 'data'), join(state(), 'before-rebalance.1/data')])
    expect(await act({ do: 'set aside' })).toBe(0)
    expect((await readdir(join(state(), 'before-rebalance.1'))).sort()).toEqual(['commitlog', 'data', 'hints', 'whole'])
  })

  it('nothing is moved beside a server that runs', async () => {
    await hasData()
    await serverIs('active')
    expect(await act({ do: 'set aside' })).not.toBe(0)
    expect((await looks()).remains).toBe(true)
  })

  it('a start that never came to be is taken back, one that left data is not', async () => {
    await act(place)
    expect(await act({ do: 'unplace' })).toBe(0)
    expect(await readdir(state())).toEqual(['first.options'])
    await act(place)
    await hasData()
    expect(await act({ do: 'unplace' })).not.toBe(0)
    expect((await looks()).tokens).toEqual(['-5', '9'])
  })

  it('a node settles: its seeds of the time between go, and it takes nobody’s place at a later start', async () => {
    await act({ ...place, replaces: '10.0.0.1' })
    expect(await act({ do: 'settle' })).toBe(0)
    expect((await readdir(state())).sort()).toEqual(['first.options', 'tokens.yaml'])
    expect(await readFile(join(state(), 'first.options'), 'utf8')).not.toContain('replace')
  })
})

it('what streamed to a node is told by keyspace', () => {
  expect(readJoined('{"host_id":"one","tokens":["1"]}\n{"keyspace_name":"temperature","full_ranges":["0x00"]}\n{"keyspace_name":"none","full_ranges":null}\n')).toEqual({ id: 'one', tokens: ['1'], received: ['temperature'] })
  expect(readJoined('')).toBeUndefined()
})
