import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mariadb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { account, accountKind, leaving } from '../../roles/mariadb/account.ts'
import { bindAddress } from '../../roles/mariadb/listen.ts'
import { pastQuestion } from '../../roles/mariadb/past.ts'
import { ownReadings, readings } from '../../roles/mariadb/readings.ts'
import { newestText, readNewest } from '../../roles/mariadb/status.ts'
import { rootLogin, rootLoginFile, runSql, sqlText } from '../../roles/mariadb/sql.ts'
import { table, tableKind } from '../../roles/mariadb/table.ts'
import { Certificates } from './collector-support/certificates.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled)
  console.warn('SKIPPED: the role mariadb with a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

const good = `CREATE TABLE temperature.reading (reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, reading_date DATETIME(6) NOT NULL,
  reading_note VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '', reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date)) ENGINE = InnoDB`

describe.skipIf(!mariadbInstalled)('the role mariadb with a real MariaDB', () => {
  let server: MariadbServer
  const directory = mkdtempSync(join(tmpdir(), 'mariadb-role-'))
  const { spec } = table('temperature', 'reading', readings)

  beforeAll(async () => {
    const own = await (await Certificates.make(directory, 'home')).of('mysql', ['mysql'])
    server = await MariadbServer.create(['--skip-name-resolve', '--bind-address=*', `--ssl-cert=${own}`, `--ssl-key=${own}`])
  }, 120_000)
  afterAll(async () => {
    await server?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  /** What the Pi's shell would do, against this server's socket. */
  const shell = (script: string) =>
    spawnSync(
      'bash',
      [
        '-c',
        `step() { :\n${script.replaceAll('/run/mysqld/mysqld.sock', `${server.directory}/sock`).replaceAll('/var/lib/provision', directory).replaceAll(rootLoginFile, `${directory}/root.cnf`)}\n}; step`,
      ],
      { encoding: 'utf8' },
    )
  const look = () => tableKind.read(shell(tableKind.ask([spec])).stdout, [spec])[0]
  const does = () => tableKind.compare(spec, look(), []).map(change => change.does)
  const change = () => tableKind.change(spec, look(), []).map(step => ('run' in step ? shell(step.run) : undefined))

  test('makes the table in a database of another character set, and is then content', async () => {
    await server.query('CREATE DATABASE temperature CHARACTER SET latin1')
    expect(does()).toEqual(['create'])
    expect(change().map(ended => ended?.status)).toEqual([0])
    expect(does()).toEqual([])
    await server.query(
      `INSERT INTO temperature.reading VALUES ('Küche', '2025-01-01', 'półka', 1), ('kuche', '2025-01-01', '', 2), ('Kuche', '2025-01-01', '', 3)`,
    )
  })

  test('its status is well only where the table of readings can be read', async () => {
    const asks = newestText({ database: 'temperature', table: 'reading' }).replace('--batch', `--socket=${server.directory}/sock $&`)
    const status = () => readNewest(shell(`(${asks}\n) 2>/dev/null`).stdout)
    expect(status()).toMatchObject({
      says: [expect.stringMatching(/^MariaDB 1/), expect.stringMatching(/^last reading [^,]+, [^,]+, [^,]+ ago$/)],
    })
    await server.query('RENAME TABLE temperature.reading TO temperature.elsewhere')
    expect(status()).toEqual({ wrong: ['it answers, and its table of readings cannot be read'] })
    await server.query('RENAME TABLE temperature.elsewhere TO temperature.reading')
  })

  test('what was measured is told by location and step, whatever a location is called', async () => {
    const strange = `O'Brien\\ "x"; -- <b>`
    await server.query(`INSERT INTO temperature.reading VALUES (${sqlText(strange)}, '2026-03-29 00:59:59.9', '', 20),
      (${sqlText(strange)}, '2026-03-29 01:00:00', '', 21), (${sqlText(strange)}, '2026-03-29 01:04:59.999999', '', 23),
      (${sqlText(strange)}, '2026-03-29 01:10:00', '', 30), (${sqlText(strange)}, '2026-03-29 02:00:00', '', 99)`)
    const from = Date.UTC(2026, 2, 29, 1) / 1000
    const span = { from, to: from + 3600, step: 300 }
    const past = pastQuestion({ database: 'temperature', table: 'reading' })
    const asks = past.ask(span, []).replaceAll('--batch', `--socket=${server.directory}/sock --batch`)
    const { stdout, stderr, status } = shell(`(${asks}\n) </dev/null`)
    expect([status, stderr]).toEqual([0, ''])
    expect(past.read(stdout, span)).toEqual([
      {
        location: strange,
        means: [
          [from, 22],
          [from + 600, 30],
        ],
      },
    ])
    const silent = shell(`(${asks.replaceAll('`reading`', '`gone`')}\n) </dev/null`)
    expect(silent.status).not.toBe(0)
    expect(() => past.read(silent.stdout, span)).toThrow('did not tell all')
    await server.query(`DELETE FROM temperature.reading WHERE reading_location = ${sqlText(strange)}`)
  })

  test('what the agent’s documentation shows is content, too', async () => {
    await server.query('DROP TABLE temperature.reading')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    expect(does()).toEqual([])
  })

  test.each([
    ['a date without fractions', good.replace('DATETIME(6)', 'DATETIME')],
    ['a timestamp', good.replace('DATETIME(6)', 'TIMESTAMP')],
    ['a decimal value', good.replace('DOUBLE', 'DECIMAL(4,1)')],
    [
      'latin1',
      good
        .replaceAll('CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', 'CHARACTER SET latin1')
        .replaceAll('CHARACTER SET utf8mb4', 'CHARACTER SET latin1'),
    ],
    ['the server’s own collation', good.replace('COLLATE utf8mb4_bin', '')],
    ['a column short', good.replace("reading_note VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',", '')],
    [
      'a key with one column more',
      good.replace('(reading_location VARCHAR', '(id BIGINT AUTO_INCREMENT, reading_location VARCHAR').replace('KEY (', 'KEY (id, '),
    ],
    ['no key', good.replace(', PRIMARY KEY (reading_location, reading_date)', '')],
    ['another unique key', good.replace('PRIMARY KEY', 'UNIQUE KEY by_value (reading_value), PRIMARY KEY')],
    ['a column that wants a value', good.replace('PRIMARY KEY', 'room INT NOT NULL, PRIMARY KEY')],
    ['MyISAM', good.replace('InnoDB', 'MyISAM')],
  ])('%s stops the run; the statement it tells mends it', async (_, create) => {
    await server.query('DROP TABLE IF EXISTS temperature.reading')
    await server.query(create)
    expect(does()[0]).toMatch(/^stop: /)
    const [ended] = change()
    expect(ended?.status).toBe(1)
    const statement = /^ALTER TABLE .*;$/m.exec(ended?.stderr ?? '')?.[0] ?? ''
    expect(does().at(-1)).toBe(`wait for you to run: ${statement}`)
    await server.query(statement.slice(0, -1))
    expect(does()).toEqual([])
  })

  test('the view of one’s own rows is made beside a table that is there, mended where it is another, and then left alone', async () => {
    const { spec: both } = table('temperature', 'reading', readings, ownReadings('own_reading'))
    const seen = () => tableKind.read(shell(tableKind.ask([both])).stdout, [both])[0]
    const differences = () => tableKind.compare(both, seen(), []).map(({ does: what }) => what)
    const mend = () => tableKind.change(both, seen(), []).map(step => ('run' in step ? shell(step.run).status : undefined))
    await server.query('DROP TABLE IF EXISTS temperature.reading')
    expect(differences()).toEqual(['create, and the view own_reading'])
    expect(mend()).toEqual([0])
    expect(differences()).toEqual([])
    const select = 'SELECT reading_location, reading_date, reading_note, reading_value FROM temperature.reading'
    const own = `reading_location = CONVERT(SUBSTR(SUBSTRING_INDEX(USER(), '@', 1), 11) USING utf8mb4)`
    for (const other of [
      'DROP VIEW temperature.own_reading',
      `CREATE OR REPLACE VIEW temperature.own_reading AS ${select}`,
      `CREATE OR REPLACE VIEW temperature.own_reading AS ${select} WHERE ${own}`,
      `CREATE OR REPLACE VIEW temperature.own_reading AS ${select} WHERE ${own} OR 1 = 1 WITH CHECK OPTION`,
      `CREATE OR REPLACE SQL SECURITY INVOKER VIEW temperature.own_reading AS ${select} WHERE ${own} WITH CHECK OPTION`,
    ]) {
      await server.query(other)
      expect(differences(), other).toEqual(['create the view own_reading'])
      expect(mend()).toEqual([0])
      expect(differences()).toEqual([])
    }
  })

  const accounts = (...wanted: readonly ReturnType<typeof account>[]) => {
    const specs = wanted.map(each => each.spec)
    const seen = () => accountKind.read(shell(accountKind.ask(specs)).stdout, specs)
    return {
      does: () => seen().flatMap((each, index) => accountKind.compare(specs[index]!, each, []).map(({ does: what }) => what)),
      notes: () => seen().flatMap((each, index) => accountKind.notes?.(specs[index]!, each) ?? []),
      mend: () =>
        seen()
          .flatMap((each, index) =>
            accountKind.compare(specs[index]!, each, []).length === 0 ? [] : accountKind.change(specs[index]!, each, []),
          )
          .map(step => ('run' in step ? shell(step.run).status : undefined)),
    }
  }
  const own = { privileges: ['INSERT', 'SELECT'], on: { database: 'temperature', table: 'own_reading' } }
  const as = (user: string, host: string, ssl: boolean) =>
    createConnection({
      host,
      port: server.port,
      user,
      password: 'hush',
      database: 'temperature',
      ...(ssl && { ssl: { rejectUnauthorized: false } }),
    })

  test('a producer on the database’s own Pi, and one with an IPv6 address in any spelling, get in, over TLS only', async () => {
    const wanted = (tls: boolean) =>
      accounts(account('collector-pi1', { ...own, tls, hosts: ['127.0.0.1', '0:0:0:0:0:0:0:1'], proof: { password: 'hush' } }))
    expect(wanted(true).does()).toEqual(
      ['127.0.0.1', '::1'].map(
        host => `create collector-pi1@${host} (INSERT temperature.own_reading, SELECT temperature.own_reading, over TLS only)`,
      ),
    )
    expect(wanted(true).mend()).toEqual([0])
    expect(wanted(true).does()).toEqual([])
    for (const host of ['127.0.0.1', '::1']) {
      await expect(as('collector-pi1', host, false)).rejects.toThrow(/Access denied/)
      const connection = await as('collector-pi1', host, true)
      await connection.query(`INSERT INTO own_reading VALUES ('pi1', ?, '', 1)`, [host === '::1' ? '2025-01-02' : '2025-01-03'])
      await connection.end()
    }
    expect(wanted(false).does()).toEqual(['127.0.0.1', '::1'].map(host => `let collector-pi1@${host} in without TLS`))
    expect(wanted(false).mend()).toEqual([0])
    await (await as('collector-pi1', '127.0.0.1', false)).end()
    expect(wanted(true).does()).toEqual(['127.0.0.1', '::1'].map(host => `let collector-pi1@${host} in over TLS only`))
    expect(wanted(true).mend()).toEqual([0])
    expect(wanted(true).does()).toEqual([])
  })

  test('the account all had in common stays until its producer has come with its own; accounts of producers that left go', async () => {
    for (const [user, host] of [
      ['collector', '127.0.0.1'],
      ['collector', '10.0.0.7'],
      ['collector', '10.0.0.8'],
      ['collector-gone', '10.0.0.9'],
      ['collector-backup', '%'],
      ['collector', '%'],
    ] as const) {
      await server.query(`CREATE USER '${user}'@'${host}' IDENTIFIED BY 'hush'`)
      // All but the last one are an earlier version's.
      if (user !== 'collector' || host !== '%') appendFileSync(`${directory}/mariadb-accounts`, `${user}@${host}\n`)
    }
    await server.query(`GRANT INSERT, SELECT ON temperature.reading TO 'collector'@'127.0.0.1'`)
    await server.query(`GRANT INSERT ON temperature.own_reading TO 'collector-gone'@'10.0.0.9'`)
    await server.query(`GRANT SELECT ON temperature.* TO 'collector-backup'@'%'`)
    const {
      does: going,
      mend,
      notes,
    } = accounts(
      leaving({
        shared: 'collector',
        who: 'producer',
        prefix: 'collector-',
        target: 'temperature.own_reading',
        heirs: [
          { user: 'collector-pi1', host: '127.0.0.1' },
          { user: 'collector-pi2', host: '10.0.0.7' },
        ],
      }),
    )
    // One that has not been provisioned goes on as before.
    const old = await as('collector', '127.0.0.1', false)
    await old.query(`INSERT INTO reading VALUES ('pi1', '2025-01-04', '', 1)`)
    await old.end()
    const first = [
      'remove collector@10.0.0.8 (no producer comes from there)',
      'remove collector-gone@10.0.0.9 (no producer of the inventory)',
    ]
    expect(going()).toEqual(first)
    expect(mend()).toEqual([0])
    expect(going()).toEqual([])
    const moved = await as('collector-pi1', '127.0.0.1', true)
    expect(going()).toEqual(['remove collector@127.0.0.1 (collector-pi1 has come instead)'])
    expect(mend()).toEqual([0])
    await moved.end()
    expect(going()).toEqual([])
    // What is gone is forgotten: who makes it again is somebody else.
    expect(readFileSync(`${directory}/mariadb-accounts`, 'utf8').split('\n').sort()).toEqual([
      '',
      'collector-backup@%',
      'collector-pi1@127.0.0.1',
      'collector-pi1@::1',
      'collector@10.0.0.7',
    ])
    expect(notes()).toEqual([
      expect.stringMatching(/^mariadb: collector@% may log in, and provision did not make it: .* mariadb -e "DROP USER 'collector'@'%'"$/),
    ])
    const left = await server.query<{ login: string }>(
      `SELECT CONCAT(User, '@', Host) AS login FROM mysql.global_priv WHERE User LIKE 'collector%' ORDER BY 1`,
    )
    expect(left.map(({ login }) => login)).toEqual([
      'collector-backup@%',
      'collector-pi1@127.0.0.1',
      'collector-pi1@::1',
      'collector@%',
      'collector@10.0.0.7',
    ])
  })

  test('a root with a password is told, not called down', async () => {
    await server.query(`ALTER USER root@localhost IDENTIFIED BY 'geheim'`)
    expect(does()).toEqual(['stop: root of this Pi may not log in to MariaDB over the socket'])
    const [ended] = change()
    expect(ended?.status).toBe(1)
    expect(ended?.stderr).toMatch(/^ERROR 1045 [^]*secret set mariadb\/root[^]*IDENTIFIED VIA unix_socket OR/)
    const denied = look()!
    const stops = (what: string) => what.startsWith('stop')
    // A password that is wrong changes nothing; the right one, put there in the same run, lets the run go on and ask again.
    const retry = () => tableKind.change(spec, denied, []).map(step => ('run' in step ? shell(step.run).status : undefined))
    writeFileSync(`${directory}/root.cnf`, rootLogin('falsch'))
    expect([retry(), does()]).toEqual([[1], ['stop: root of this Pi may not log in to MariaDB over the socket']])
    writeFileSync(`${directory}/root.cnf`, rootLogin('geheim'))
    expect([retry(), does().some(stops)]).toEqual([[0], false])
    const odd = `o"d\\d # '; x`
    expect(shell(runSql(`ALTER USER root@localhost IDENTIFIED BY ${sqlText(odd)};`)).status).toBe(0)
    writeFileSync(`${directory}/root.cnf`, rootLogin(odd))
    expect(does().some(stops)).toBe(false)
  })
})

describe.skipIf(!mariadbInstalled)('where a real MariaDB listens', () => {
  const answers = (address: string, port: number) => spawnSync('bash', ['-c', `exec 3<>/dev/tcp/${address}/${port}`]).status === 0

  test('is the address it was given and loopback, and no other', async () => {
    const server = await MariadbServer.create([`--bind-address=${bindAddress({ address: '::1' })}`])
    try {
      expect(['127.0.0.1', '::1', '127.0.1.8'].map(address => answers(address, server.port))).toEqual([true, true, false])
    } finally {
      await server.destroy()
    }
  }, 120_000)
})
