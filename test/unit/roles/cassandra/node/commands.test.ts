import { execFile } from 'node:child_process'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { commandOf, type NodeAction } from '../../../../../roles/cassandra/node/index.ts'
import { isRoots, takesFolder } from '../../../../../roles/cassandra/node/state-folder.ts'
import { readJoined, readState, stateQuestion } from '../../../../../roles/cassandra/node/question.ts'

/** The real shell texts, in a folder instead of a Pi; `systemctl` says what the test wants. */
let folder: string
const state = () => join(folder, 'var/lib/cassandra')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-commands-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  await rm(join(folder, 'var'), { recursive: true, force: true })
  await mkdir(state(), { recursive: true })
  await mkdir(join(folder, 'bin'), { recursive: true })
  await serverIs('inactive')
})

async function serverIs(word: 'active' | 'inactive'): Promise<void> {
  const file = join(folder, 'bin/systemctl')
  await writeFile(
    file,
    `#!/bin/sh\ncase "$*" in *is-active*cassandra) exit ${word === 'active' ? 0 : 3} ;; *show*) echo ActiveState=${word}; echo NRestarts=0 ;; esac\n`,
  )
  await chmod(file, 0o755)
}

const isRoot = process.getuid?.() === 0
/** Who stands in for root and for the server's user. Who is not root can be both of them only. */
const self = userInfo().username
const root = isRoot ? { user: 'root', group: 'nogroup' } : { user: self, group: String(process.getgid?.()) }
const server = isRoot ? { user: 'nobody', group: 'nogroup', id: 65534 } : { ...root, id: process.getuid?.() ?? 0 }

async function bash(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const here = text
    .replaceAll(/\/(etc|var\/lib|run|usr\/local\/bin)\//g, (path: string) => folder + path)
    .replaceAll('-o root -g cassandra', `-o ${root.user} -g ${root.group}`)
    .replaceAll('-o cassandra -g cassandra', `-o ${server.user} -g ${server.group}`)
    .replaceAll('root:cassandra', `${root.user}:${root.group}`)
    .replaceAll('-user root', `-user ${root.user}`)
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', here], {
      env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` },
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    return { stdout: '', ...(error as { code: number; stderr: string }) }
  }
}
const perform = async (action: NodeAction) => (await bash(commandOf(action))).code
const place: NodeAction = { do: 'place', tokens: ['-5', '9'], seeds: ['10.0.0.2'], joins: true }
const looks = async () => readState((await bash(stateQuestion)).stdout)

/** What a place makes for the server to write to. */
const folders = ['commitlog', 'data', 'hints', 'saved_caches']

async function hasData(): Promise<void> {
  for (const name of ['data', 'commitlog', 'hints']) {
    await mkdir(join(state(), name), { recursive: true })
    await writeFile(join(state(), name, 'file'), name)
  }
}

describe('on a Pi', () => {
  it('a place is written with its seeds, and seen again', async () => {
    expect(await perform(place)).toBe(0)
    expect(await readFile(join(state(), 'seeds.yaml'), 'utf8')).toContain('10.0.0.2')
    expect(await readFile(join(state(), 'first.options'), 'utf8')).not.toContain('replace')
    expect(await looks()).toMatchObject({ service: 'inactive', remains: false, tokens: ['-5', '9'], mode: undefined })
    expect(await perform({ ...place, replaces: '10.0.0.1' })).toBe(0)
    expect(await readFile(join(state(), 'first.options'), 'utf8')).toContain('-Dcassandra.replace_address_first_boot=10.0.0.1')
  })

  it('one that joins finds the login of new rings gone; one that starts a ring must not think so', async () => {
    const joined = async () => !(await readdir(state())).includes('unclaimed')
    expect(await perform({ ...place, joins: false })).toBe(0)
    expect(await joined()).toBe(false)
    expect(await perform(place)).toBe(0)
    expect(await joined()).toBe(true)
    expect(await perform({ ...place, joins: false })).toBe(0)
    expect(await perform({ do: 'unplace' })).toBe(0)
    expect(await joined()).toBe(true)
    expect(await perform({ ...place, joins: false })).toBe(0)
    await hasData()
    expect(await perform({ do: 'set aside' })).toBe(0)
    expect(await joined()).toBe(true)
  })

  it('no place is written where data is, nor beside a server that runs', async () => {
    await hasData()
    expect(await perform(place)).not.toBe(0)
    await rm(state(), { recursive: true })
    await serverIs('active')
    expect(await perform(place)).not.toBe(0)
  })

  it('data is moved aside with its tokens, and again into another folder', async () => {
    for (const round of [1, 2]) {
      expect(await perform(place)).toBe(0)
      await hasData()
      expect(await perform({ do: 'set aside' })).toBe(0)
      expect((await readdir(state())).sort()).toEqual([
        ...Array.from({ length: round }, (_, index) => `before-rebalance.${index + 1}`),
        'first.options',
      ])
      expect(await readFile(join(state(), `before-rebalance.${round}/data/file`), 'utf8')).toBe('data')
      expect(await looks()).toMatchObject({ remains: false, tokens: undefined })
    }
    expect(await perform({ do: 'set aside' })).toBe(0)
    expect(await perform({ do: 'forget' })).toBe(0)
    expect(await readdir(state())).toEqual(['first.options'])
  })

  it('what was cut in the middle of that is moved to the rest of it', async () => {
    await hasData()
    await mkdir(join(state(), 'before-rebalance.1'))
    await promisify(execFile)('mv', [join(state(), 'data'), join(state(), 'before-rebalance.1/data')])
    expect(await perform({ do: 'set aside' })).toBe(0)
    expect((await readdir(join(state(), 'before-rebalance.1'))).sort()).toEqual(['commitlog', 'data', 'hints', 'whole'])
  })

  it('nothing is moved beside a server that runs', async () => {
    await hasData()
    await serverIs('active')
    expect(await perform({ do: 'set aside' })).not.toBe(0)
    expect((await looks()).remains).toBe(true)
  })

  it('a start that never came to be is taken back, one that left data is not', async () => {
    await perform(place)
    expect(await perform({ do: 'unplace' })).toBe(0)
    expect((await readdir(state())).sort()).toEqual([...folders, 'first.options'].sort())
    await perform(place)
    await hasData()
    expect(await perform({ do: 'unplace' })).not.toBe(0)
    expect((await looks()).tokens).toEqual(['-5', '9'])
  })

  it('a node settles: its seeds of the time between go, and it takes nobody’s place at a later start', async () => {
    await perform({ ...place, replaces: '10.0.0.1' })
    expect(await perform({ do: 'settle' })).toBe(0)
    expect((await readdir(state())).sort()).toEqual([...folders, 'first.options', 'tokens.yaml'].sort())
    expect(await readFile(join(state(), 'first.options'), 'utf8')).not.toContain('replace')
  })
})

describe.skipIf(!isRoot)('what the server’s user lays in the folder that was its own', () => {
  const actions: readonly NodeAction[] = [
    place,
    { do: 'options' },
    { do: 'seeds', seeds: ['10.0.0.2'] },
    { do: 'settle' },
    { do: 'unplace' },
    { do: 'set aside' },
    { do: 'forget' },
  ]
  const elsewhere = () => join(folder, 'elsewhere')
  beforeEach(async () => {
    await chown(state(), server.id, server.id)
    await rm(elsewhere(), { recursive: true, force: true })
    await mkdir(elsewhere())
    await writeFile(join(elsewhere(), 'shadow'), 'secret')
  })
  const untouched = async () => {
    expect(await readdir(elsewhere())).toEqual(['shadow'])
    expect(await readFile(join(elsewhere(), 'shadow'), 'utf8')).toBe('secret')
  }

  it.each(['tokens.yaml.new', 'first.options.new', 'seeds.yaml.new', 'tokens.yaml', 'seeds.yaml'])(
    'a link %s leads root nowhere, whatever it does',
    async name => {
      for (const action of actions) {
        await symlink(join(elsewhere(), 'shadow'), join(state(), name))
        const { code, stderr } = await bash(commandOf(action))
        expect([code, stderr]).toEqual([1, expect.stringContaining(`${state()}/${name}\nroot reads and writes nothing there`)])
        await untouched()
        await rm(join(state(), name))
        await chown(state(), server.id, server.id)
      }
    },
  )

  it.each(['before-rebalance.1', 'data'])('nor does a link %s to a folder', async name => {
    for (const action of actions) {
      await hasData().catch(() => {})
      await rm(join(state(), name), { recursive: true, force: true })
      await symlink(elsewhere(), join(state(), name))
      expect((await bash(commandOf(action))).code).toBe(1)
      await untouched()
      await rm(join(state(), name))
      await chown(state(), server.id, server.id)
    }
  })

  it('nor does a start, which makes the folders that are missing where all is right', async () => {
    expect(await perform({ do: 'start' })).toBe(0)
    expect(await readdir(state())).toEqual([])
    await bash(takesFolder)
    await symlink(elsewhere(), join(state(), 'data'))
    expect(await perform({ do: 'start' })).toBe(0)
    expect((await stat(elsewhere())).uid).toBe(0)
    expect(await readdir(state())).toEqual(['data'])
    await rm(join(state(), 'data'))
    expect(await perform({ do: 'start' })).toBe(0)
    expect((await readdir(state())).sort()).toEqual(folders)
    await untouched()
  })

  it('files of root’s names that are another’s are not believed', async () => {
    await writeFile(join(state(), 'tokens.yaml'), 'num_tokens: 1\n')
    await chown(join(state(), 'tokens.yaml'), server.id, server.id)
    expect((await bash(takesFolder)).stderr).toContain('chown root: FILE')
    expect((await bash(isRoots)).code).toBe(1)
    await chown(join(state(), 'tokens.yaml'), 0, 0)
    expect((await bash(takesFolder)).code).toBe(0)
    expect((await bash(isRoots)).code).toBe(0)
  })

  it('a node of the time before keeps its place and data, and its server can write to them and nowhere else', async () => {
    await perform(place)
    await chown(state(), server.id, server.id)
    expect((await bash(isRoots)).code).toBe(1)
    expect((await bash(takesFolder)).code).toBe(0)
    expect((await looks()).tokens).toEqual(['-5', '9'])
    expect((await stat(state())).uid).toBe(0)
    for (const name of folders) expect((await lstat(join(state(), name))).uid).toBe(server.id)
    // A folder that is a Pi's own is below folders everybody may enter.
    await chmod(folder, 0o755)
    const asServer = (text: string) =>
      promisify(execFile)('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'sh', '-c', text])
    await asServer(`echo row >${state()}/data/row`)
    await expect(asServer(`ln -s /etc/shadow ${state()}/tokens.yaml.new`)).rejects.toThrow('denied')
    await expect(asServer(`mv ${state()}/data ${state()}/commitlog/data`)).rejects.toThrow('denied')
  })
})

it('what streamed to a node is told by keyspace', () => {
  expect(
    readJoined(
      '{"host_id":"one","tokens":["1"]}\n{"keyspace_name":"temperature","full_ranges":["0x00"]}\n{"keyspace_name":"none","full_ranges":null}\n',
    ),
  ).toEqual({ id: 'one', tokens: ['1'], received: ['temperature'] })
  expect(readJoined('')).toBeUndefined()
})
