import type { Client } from 'cassandra-driver'
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { fault, reset } from '../../lab/index.ts'
import { tlsFiles } from '../../roles/cassandra/config/yaml.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { able, eventually, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'
import { begins, killed, hostsAt, replaceQuestions, type Kill } from './replace-support.ts'
import { client, Rows } from './rows.ts'

const at = { cass1: '10.78.148.20', cass2: '10.78.148.21', mysql: '10.78.148.90', producer1: '10.78.148.30' } as const
/** `BACKUP_ONLY=mariadb`: a fleet without Cassandra, in a third of the time. */
const withRing = process.env['BACKUP_ONLY'] !== 'mariadb'
const nodes: readonly ('cass1' | 'cass2')[] = withRing ? ['cass1', 'cass2'] : []
const rowsInRing = 10_000

/** What a backup of this fleet is made of. */
const parts = [...nodes.flatMap(node => [`${node} schema`, `${node} sstables`]), 'mysql tables', 'mysql rows', 'producer1 number']

/** Steps of a restore, in their order: each node takes what both had, and gives away what the other owns. */
const steps = [
  ...(withRing ? ['cass1 cass1 schema'] : []),
  ...nodes.flatMap(node => [`${node} cass1 sstables`, `${node} cass2 sstables`, `${node} –`]),
  'mysql mysql tables',
  'mysql mysql rows',
]

const part =
  (wanted: string, event = 'part'): Kill['at'] =>
  said =>
    said['event'] === event && `${String(said['host'])} ${String(said['part'])}` === wanted

/** `npm run proof:backup-kills`: some twenty minutes. */
proofs('backups and replacements that are killed', { able, timeout: 40 * minutes }, () => {
  const place = new Workplace()
  let file: string
  let fleet: Fleet
  let ring: Client | undefined
  let before: Readonly<Record<string, string>>
  const figures: Record<string, unknown> = {}

  const { on, run, well, sql, lastNumber } = replaceQuestions(place, () => ({ fleet, file }))
  const kill = (command: string, words: readonly string[], of: Kill) => killed(place, command, [...words, '--inventory', file], of)

  /** Both stores, by count and sum. */
  const stored = async (): Promise<Readonly<Record<string, string>>> => {
    const lines: string[] = []
    let pageState: string | undefined
    while (ring) {
      const page = await ring.execute('SELECT reading_location, reading_date, reading_note, reading_value FROM reading', [], {
        prepare: true,
        fetchSize: 2000,
        readTimeout: 60_000,
        isIdempotent: true,
        ...(pageState !== undefined && { pageState }),
      })
      for (const row of page.rows) lines.push(JSON.stringify(row))
      pageState = page.pageState ?? undefined
      if (pageState === undefined) break
    }
    return {
      cassandra: `${lines.length} ${createHash('sha256').update(lines.sort().join('\n')).digest('hex')}`,
      mariadb: await sql(
        `SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', reading_location, reading_date, reading_note, reading_value))) FROM reading`,
      ),
    }
  }
  const whole = async () => {
    for (const node of nodes)
      await eventually(async () => {
        const said = await on(node, `nodetool status temperature; cql -e 'SELECT now() FROM system.local' >/dev/null 2>&1 && printf open`)
        const seen = parseStatus(said)
        return said.endsWith('open') && seen.length === nodes.length && seen.every(({ up, state }) => up && state === 'normal')
      }, 300)
  }
  const list = async () => {
    const { backups } = JSON.parse(await well('backup', 'list', '--json')) as { backups: { id: string; cut?: true; set?: { lacks: [] } }[] }
    return backups
  }
  const snapshots = async () => (await Promise.all(nodes.map(node => on(node, 'nodetool listsnapshots')))).join('\n')

  beforeAll(async () => {
    place.patience = 35 * minutes
    const host = hostsAt(at)
    const cassandra = { cassandra: { ringDelay: 5, replication: 1, weight: 1 } }
    file = place.write('fleet', 'testbackupkills', {
      hosts: {
        ...Object.fromEntries(nodes.map(name => [name, host(name, ['cassandra'], cassandra)])),
        mysql: host('mysql', ['mariadb']),
        producer1: host('producer1', ['collector'], {
          collector: { interval: 250, note: '{sequence}', backends: ['mariadb', ...(withRing ? ['cassandra'] : [])] },
        }),
      },
    })
    fleet = await place.boot(file)
    await well('provision')
    await whole()
    if (withRing) {
      const password = openSecrets(file, { preview: true, env: { ...process.env, ...place.env } }).get('cassandra/fleet')
      ring = await client([at.cass1, at.cass2], password, await on('cass1', `cat ${tlsFiles.ca}`))
      await new Rows(ring, 'before').fill(rowsInRing)
    }
    await sql(
      `INSERT INTO reading (reading_location, reading_date, reading_note, reading_value) SELECT CONCAT('room', seq % 4), '2026-01-01' + INTERVAL seq SECOND, seq, seq / 7 FROM seq_1_to_50000`,
    )
    await eventually(async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_location = 'producer1'`)) > 20, 120)
    await on('producer1', 'systemctl stop collector')
    before = await stored()
    figures['before'] = before
  }, 45 * minutes)
  afterAll(async () => {
    console.log(`killed: ${JSON.stringify(figures, undefined, 1)}`)
    await ring?.shutdown()
    await place.end(fleet)
  }, 2 * minutes)

  it('backup run, killed at each step: what it left is taken for no backup, and the next one is whole', async () => {
    const began = Date.now()
    const seen: string[] = []
    const kills: readonly (readonly [string, Kill])[] = [
      ...parts.map(each => [each, { at: part(each) }] as const),
      ['mysql rows +300 ms', { at: part('mysql rows'), after: 300 }],
      ['its last part is there', { at: part('producer1 number', 'done') }],
    ]
    for (const [name, of] of kills) if (await kill('backup', ['run'], of)) seen.push(name)
    if (withRing) {
      // Before its first part: when the snapshot is there.
      const there = `ls -d /var/lib/cassandra/data/temperature/*/snapshots/fleet-backup-* 2>/dev/null || true`
      for (const path of (await on('cass2', there)).split('\n').filter(Boolean))
        await on('cass2', `nodetool clearsnapshot -t ${path.split('/').at(-1)}`)
      const early = place.command('backup', ['run', '--inventory', file])
      await eventually(async () => (await on('cass2', there)) !== '', 120)
      early.kill('SIGKILL')
      if ((await early).signal === 'SIGKILL') seen.push('at the snapshot')
    }
    figures['backup run'] = seen
    expect(seen.length).toBeGreaterThanOrEqual(parts.length)
    const left = await list()
    expect(left.filter(({ cut, set }) => !cut && set?.lacks.length !== 0)).toEqual([])
    const cut = left.filter(each => each.cut)
    expect(cut.length).toBeGreaterThan(0)
    for (const { id } of cut) {
      const judged = await run('backup', 'verify', id)
      expect(judged.code).toBe(1)
      expect(judged.text).toContain('it was cut off')
    }
    expect((await run('backup', 'restore', cut[0]?.id ?? '', '--check')).text).toContain('cannot be used')

    await well('backup', 'run')
    expect(await well('backup', 'verify')).toContain('can be read')
    figures['backup run, with kills'] = (Date.now() - began) / 1000
    const [last] = (await list()).slice(-1)
    expect(last?.set?.lacks).toEqual([])
    expect(await snapshots()).not.toContain('fleet-backup')
    expect(await on('mysql', 'pgrep -x mariadb-dump || echo none')).toBe('none')
    expect(await stored()).toEqual(before)
  })

  it('backup restore, killed at each step: all rows of both stores, and no trace', async () => {
    const began = Date.now()
    await ring?.execute('TRUNCATE reading', [], { readTimeout: 120_000 })
    await sql('DROP TABLE reading')
    const seen: string[] = []
    for (const step of steps) {
      const late = step.endsWith('sstables') || step.endsWith('rows') ? 250 : 0
      if (await kill('backup', ['restore', '--yes'], { at: part(step), after: late })) seen.push(`${step} +${late} ms`)
    }
    if (await kill('backup', ['restore', '--yes'], { at: part('mysql mysql rows', 'done') })) seen.push('all is back')
    figures['backup restore'] = seen
    expect(seen.length).toBeGreaterThanOrEqual(steps.length - 1)
    await well('backup', 'restore', '--yes')
    expect(await stored()).toEqual(before)
    figures['backup restore, with kills'] = (Date.now() - began) / 1000
    for (const host of [...nodes, 'mysql'])
      expect(await on(host, 'ls -d /var/lib/provision/restoring /var/lib/cassandra/data/restoring* 2>/dev/null || true')).toBe('')
    // The producer's agent is stopped meanwhile.
    expect(await well('provision', ...nodes, 'mysql')).toContain('Nothing to change')
  })

  it.runIf(withRing)(
    'fleet replace of a node with the only copy, killed at each step: what is lost is told, and its backup brings it back',
    async () => {
      await fault.kill(fleet, 'cass2')
      await eventually(async () => parseStatus(await on('cass1', 'nodetool status temperature')).some(({ up }) => !up), 120)
      await reset(fleet, 'cass2')
      const check = await run('fleet', 'replace', 'cass2', '--check')
      expect(check.text).toMatch(/cassandra: as of the backup \d+T\d+Z, .* ago/)
      figures['told'] = check.text.split('\n').filter(line => line.includes('cassandra: '))
      const began = Date.now()
      const seen: string[] = []
      for (const [state, after] of [
        ['card', 0],
        ['provision', 0],
        ['provision', 15_000],
        ['restore', 0],
        ['restore', 4000],
        ['revoke', 0],
        ['look', 0],
      ] as const)
        if (await kill('fleet', ['replace', 'cass2', '--yes'], { at: begins(state), after })) seen.push(`${state} +${after} ms`)
      figures['replace of cass2'] = seen
      await well('fleet', 'replace', 'cass2', '--yes')
      figures['replace of cass2, with kills'] = (Date.now() - began) / 1000
      expect(seen).toHaveLength(7)
      await whole()
      await pause(2000)
      expect(await stored()).toEqual(before)
      expect((await run('fleet', 'replace', 'cass2', '--yes')).text).toContain('cass2 is not dead')
    },
  )

  it('fleet replace of a producer, killed at each step: it is numbered on, and no number is given twice', async () => {
    await on('producer1', 'systemctl start collector')
    const own = `reading_location = 'producer1'`
    const count = async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE ${own}`))
    const first = await count()
    await eventually(async () => (await count()) > first + 20, 180)
    await well('backup', 'run', '--role', 'collector')
    await eventually(async () => (await count()) > first + 40, 180)
    await on('producer1', 'systemctl stop collector')
    const last = await lastNumber()
    const there = await count()
    await fault.kill(fleet, 'producer1')
    await reset(fleet, 'producer1')
    const began = Date.now()
    const seen: string[] = []
    for (const [state, after] of [
      ['card', 0],
      ['numbers', 0],
      ['numbers', 500],
      ['provision', 0],
      ['provision', 4000],
      ['revoke', 0],
      ['look', 0],
    ] as const)
      if (await kill('fleet', ['replace', 'producer1', '--yes'], { at: begins(state), after })) seen.push(`${state} +${after} ms`)
    await well('fleet', 'replace', 'producer1', '--yes')
    figures['replace of producer1'] = { seen, seconds: (Date.now() - began) / 1000 }
    expect(seen.length).toBeGreaterThanOrEqual(6)
    await eventually(async () => (await count()) > there + 20, 180)
    const next = Number(await sql(`SELECT MIN(reading_note + 0) FROM reading WHERE ${own} AND reading_note + 0 > ${last}`))
    figures['numbers'] = { last, next }
    expect(next).toBeGreaterThan(last + 1)
    expect(Number(await sql(`SELECT COUNT(*) - COUNT(DISTINCT reading_note) FROM reading WHERE ${own}`))).toBe(0)
    expect(await well('provision')).toContain('Nothing to change')
  })
})
