import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ActContext } from '../../../../engine/act.ts'
import { Failed } from '../../../../engine/errors.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { altered, repairOwedAccounts, settleCopies, toldOfCopies, whole, type CopiesSeen } from '../../../../roles/cassandra/copies.ts'
import { replicationOf } from '../../../../roles/cassandra/system-keyspaces.ts'

const spec = { keyspace: 'temperature', datacenter: 'dc1', replication: 2 }
const seenOf = (nodes: number, copies: Readonly<Record<string, number>>, owed: readonly string[] = []): CopiesSeen => ({
  nodes,
  replications: new Map(Object.entries(copies).map(([name, count]) => [name, replicationOf('dc1', count)])),
  owed: owed.map(work => ({ work, since: '1' })),
})
const system = { system_auth: 5, system_distributed: 3, system_traces: 3 }

describe('copies that are to change', () => {
  it.each([1, 2, 3, 4, 5])('of what the server keeps are as many on a ring of %i', nodes => {
    expect(altered(spec, seenOf(nodes, { ...system, temperature: Math.min(2, nodes) }))).toEqual([])
  })

  it('begin with the accounts', () => {
    expect(altered(spec, seenOf(2, { system_traces: 1, temperature: 1, system_auth: 1 })).map(({ keyspace }) => keyspace)).toEqual([
      'system_auth',
      'temperature',
      'system_traces',
    ])
  })

  it('are told with the repair that belongs to them', () => {
    expect(toldOfCopies(spec, seenOf(2, { ...system, temperature: 1 }))).toEqual([
      'keyspace temperature: dc1: 1 NetworkTopologyStrategy → dc1: 2 NetworkTopologyStrategy, then its repair',
    ])
    expect(toldOfCopies({ ...spec, replication: 1 }, seenOf(2, { ...system, temperature: 2 }))[0]).toMatch(
      /→ dc1: 1 NetworkTopologyStrategy, after a repair$/,
    )
    expect(toldOfCopies(spec, seenOf(1, { ...system, temperature: 2 }))[0]).not.toContain('repair')
    expect(toldOfCopies(spec, seenOf(2, { ...system, temperature: 2 }, ['repair-temperature', 'repair-gone']))).toEqual([
      'repair of temperature that is owed',
    ])
  })
})

/** What a Pi was asked to do, in order; and what of it lasts. It knows nothing of Cassandra but which numbers of copies were asked for. */
class Pis {
  readonly done: string[] = []
  readonly marks = new Map<string, string>()
  copies: Record<string, number>
  /** The server refuses a repair. */
  broken = false
  /** What `nodetool status` prints. */
  status = ['1', '2'].map(last => `UN  10.0.0.${last}  1 KiB  8  100.0%  82138333-5ec0-41e9-b190-211425ff2fc${last}  rack1`).join('\n')
  /** Nobody may log in. */
  lockedOut = false
  /** Ends the run before this command. */
  cutAt = Infinity
  #count = 0
  readonly #state = new Map<string, string>()

  constructor(copies: Record<string, number>) {
    this.copies = copies
  }

  again(): void {
    this.#count = 0
    this.cutAt = Infinity
  }

  readonly $ = ((pieces: TemplateStringsArray, ...values: unknown[]) => {
    if (++this.#count > this.cutAt) return Promise.reject(new Error('cut'))
    const text = String.raw({ raw: pieces }, ...values)
    const answer = (stdout: string) => Promise.resolve({ stdout })
    const [, alter, factor] = /ALTER KEYSPACE \\"(\w+)\\" .*'(\d)'}/.exec(text) ?? []
    const [, mark, since] = /sync \/var\/lib\/provision\/owed\/(\S+)\.new/.exec(text)
      ? ['', /owed\/(\S+?)\.new/.exec(text)?.[1], Buffer.from(/\n([\w=]+)\n\./.exec(text)?.[1] ?? '', 'base64').toString()]
      : []
    const [, cleared] = /rm -f \/var\/lib\/provision\/owed\/(\S+) /.exec(text) ?? []
    const [, unit, options] = /--unit=(\S+) .*nodetool repair ([^>]+) >/.exec(text) ?? []
    const [, asked] = /is-active (\S+) && echo running/.exec(text) ?? []
    if (alter) {
      this.copies[alter] = Number(factor)
      this.done.push(`alter ${alter} ${factor}`)
    } else if (mark) this.marks.set(mark, since as string)
    else if (cleared) {
      if (text.includes(`= ${this.marks.get(cleared)} ]`)) this.marks.delete(cleared)
    } else if (unit) {
      this.#state.set(unit, this.broken ? '1' : '0')
      if (!this.broken) this.done.push(`repair ${options}`)
    } else if (asked) return answer(this.#state.get(asked) ?? '')
    else if (text.includes('nodetool status')) return answer(this.status)
    else if (text.includes('cql ') && this.lockedOut) return Promise.reject(new Error('refused'))
    else if (text.includes('owed/repair-*') && !text.includes('SELECT peer'))
      return answer([...this.marks].map(([owed, since]) => JSON.stringify({ owed, since })).join('\n'))
    else if (text.includes('SELECT peer'))
      return answer(
        [
          ...[...this.marks].map(([owed, since]) => JSON.stringify({ owed, since })),
          '{"peer":"10.0.0.2"}',
          ...Object.entries(this.copies).map(([name, count]) =>
            JSON.stringify({ keyspace_name: name, replication: replicationOf('dc1', count) }),
          ),
        ].join('\n'),
      )
    else if (text.includes('is-active cassandra')) return answer('active')
    return answer('')
  }) as unknown as ActContext['$']
}

const host = (name: string) => ({ name, roles: ['cassandra'] }) as unknown as Host
const fleet = { hosts: [host('one'), host('two')] } as unknown as Fleet
const contextOf = (pis: Pis): ActContext => ({
  host: fleet.hosts[0] as Host,
  fleet,
  $: pis.$,
  on: () => Promise.resolve(pis.$),
  confirm: () => Promise.resolve(false),
  secret: () => '',
  say: () => {},
  until: async attempt => {
    for (let left = 3; ; left--)
      try {
        await attempt()
        return
      } catch (error) {
        if (left === 0 || (error as Error).message === 'cut') throw error
      }
  },
})
const settle = (pis: Pis, replication = 2) => settleCopies({ ...spec, replication })(contextOf(pis))

describe('settling copies', () => {
  it('repairs accounts before it asks for anything else', async () => {
    const pis = new Pis({ ...system, system_auth: 1, temperature: 1 })
    await settle(pis)
    expect(pis.done).toEqual(['alter system_auth 5', 'repair -full system_auth', 'alter temperature 2', 'repair -full temperature'])
    expect(pis.marks.size).toBe(0)
  })

  it('cut anywhere, the next run repairs what was raised', async () => {
    for (let at = 0; at < 40; at++) {
      const pis = new Pis({ ...system, system_auth: 1, temperature: 1 })
      pis.cutAt = at
      const cut = await settle(pis).then(
        () => false,
        () => true,
      )
      for (const keyspace of ['system_auth', 'temperature'])
        if (pis.done.some(each => each.startsWith(`alter ${keyspace}`)) && !pis.done.includes(`repair -full ${keyspace}`))
          expect(pis.marks.has(`repair-${keyspace}`), `cut at ${at}`).toBe(true)
      pis.again()
      await settle(pis)
      for (const keyspace of ['system_auth', 'temperature'])
        expect(
          pis.done.findIndex(each => each.startsWith(`alter ${keyspace}`)),
          `cut at ${at}`,
        ).toBeLessThan(pis.done.lastIndexOf(`repair -full ${keyspace}`))
      expect(pis.marks.size, `cut at ${at}`).toBe(0)
      if (!cut) return
    }
    throw new Error('never ran to its end')
  })

  it('repairs accounts that are owed it where nobody can log in', async () => {
    const pis = new Pis({ ...system, temperature: 2 })
    pis.marks.set('repair-system_auth', '5')
    pis.lockedOut = true
    await repairOwedAccounts(contextOf(pis))
    expect(pis.done).toEqual(['repair -full system_auth'])
    expect(pis.marks.size).toBe(0)
  })

  it('a debt of accounts stays where the server names no node', async () => {
    const pis = new Pis({ ...system, temperature: 2 })
    pis.marks.set('repair-system_auth', '5')
    pis.status = 'Datacenter: dc1\n==============='
    await expect(repairOwedAccounts(contextOf(pis))).rejects.toThrow('names no node')
    expect(pis.done).toEqual([])
    expect([...pis.marks.keys()]).toEqual(['repair-system_auth'])
  })

  it('a repair that failed stays owed, and is said', async () => {
    const pis = new Pis({ ...system, temperature: 1 })
    pis.broken = true
    await expect(settle(pis)).rejects.toThrow(Failed)
    expect([...pis.marks.keys()]).toEqual(['repair-temperature'])
  })

  it('lowers only after a repair', async () => {
    const pis = new Pis({ ...system, temperature: 2 })
    await settle(pis, 1)
    expect(pis.done).toEqual(['repair -full temperature', 'alter temperature 1'])
    const broken = new Pis({ ...system, temperature: 2 })
    broken.broken = true
    await expect(settle(broken, 1)).rejects.toThrow('could not copy')
    expect(broken.copies['temperature']).toBe(2)
  })

  it('where a node holds a part, each node repairs its own', async () => {
    const pis = new Pis({ ...system, temperature: 2 })
    // What was seen before counts for nothing: here the ring says two nodes, and one copy is owed its repair.
    pis.copies['temperature'] = 1
    pis.marks.set('repair-temperature', '5')
    await settle(pis, 1)
    expect(pis.done).toEqual(['repair -full -pr temperature', 'repair -full -pr temperature'])
  })
})

describe('a ring is whole for a change of copies', () => {
  const asked = async (status: string) => {
    const script = whole.replace('/usr/local/bin/nodetool status 2>/dev/null', status)
    try {
      await promisify(execFile)('bash', ['-c', script])
      return ''
    } catch (error) {
      return (error as { stderr: string }).stderr
    }
  }
  const line = (state: string) => `${state}  10.0.0.1  90 KiB  8  50.0%  00000000-0000-4000-8000-000000000001  rack1`

  it('where every node it names is up and normal', async () =>
    expect(await asked(`printf '%s\\n' '${line('UN')}' '${line('UN')}'`)).toBe(''))
  it('not where one is down or joins, which is named', async () => {
    for (const state of ['DN', 'UJ', '?N'])
      expect(await asked(`printf '%s\\n' '${line('UN')}' '${line(state)}'`)).toContain(`${state}  10.0.0.1`)
  })
  it('not where the server says nothing, for silence is no consent', async () => {
    for (const silence of ['true', 'false', 'echo Error: connection refused']) expect(await asked(silence)).toContain('names none')
  })
})
