import { spawnSync } from 'node:child_process'
import { createConnection } from 'mariadb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb.schema.ts'
import { account, accountKind } from '../../roles/mariadb/account.ts'
import { bindAddress } from '../../roles/mariadb/listen.ts'
import { readings } from '../../roles/mariadb/readings.ts'
import { table, tableKind } from '../../roles/mariadb/table.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: the role mariadb with a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

const good = `CREATE TABLE temperature.reading (reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, reading_date DATETIME(6) NOT NULL,
  reading_note VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '', reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date)) ENGINE = InnoDB`

describe.skipIf(!mariadbInstalled)('the role mariadb with a real MariaDB', () => {
  let server: MariadbServer
  const { spec } = table('temperature', 'reading', readings)

  beforeAll(async () => { server = await MariadbServer.create(['--skip-name-resolve', '--bind-address=*']) }, 120_000)
  afterAll(async () => server?.destroy())

  /** What the Pi's shell would do, against this server's socket. */
  const shell = (script: string) => spawnSync('bash', ['-c', `step() { :\n${script.replaceAll('/run/mysqld/mysqld.sock', `${server.directory}/sock`)}\n}; step`], { encoding: 'utf8' })
  const look = () => tableKind.read(shell(tableKind.ask([spec])).stdout, [spec])[0]
  const does = () => tableKind.compare(spec, look(), []).map(change => change.does)
  const change = () => tableKind.change(spec, look(), []).map(step => ('run' in step ? shell(step.run) : undefined))

  test('makes the table in a database of another character set, and is then content', async () => {
    await server.query('CREATE DATABASE temperature CHARACTER SET latin1')
    expect(does()).toEqual(['create'])
    expect(change().map(ended => ended?.status)).toEqual([0])
    expect(does()).toEqual([])
    await server.query(`INSERT INTO temperature.reading VALUES ('Küche', '2025-01-01', 'półka', 1), ('kuche', '2025-01-01', '', 2), ('Kuche', '2025-01-01', '', 3)`)
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
    ['latin1', good.replaceAll('CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', 'CHARACTER SET latin1').replaceAll('CHARACTER SET utf8mb4', 'CHARACTER SET latin1')],
    ['the server’s own collation', good.replace('COLLATE utf8mb4_bin', '')],
    ['a column short', good.replace("reading_note VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',", '')],
    ['a key with one column more', good.replace('(reading_location VARCHAR', '(id BIGINT AUTO_INCREMENT, reading_location VARCHAR').replace('KEY (', 'KEY (id, ')],
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

  test('a producer on the database’s own Pi, and one with an IPv6 address in any spelling, get in', async () => {
    const { spec: producers } = account('collector', {
      hosts: ['127.0.0.1', '0:0:0:0:0:0:0:1'], proof: { password: 'hush' }, privileges: ['INSERT', 'SELECT'], on: { database: 'temperature', table: 'reading' },
    })
    const seen = () => accountKind.read(shell(accountKind.ask([producers])).stdout, [producers])[0]!
    const [step] = accountKind.change(producers, seen(), [])
    expect(shell(step && 'run' in step ? step.run : '').status).toBe(0)
    expect(accountKind.compare(producers, seen(), [])).toEqual([])
    for (const host of ['127.0.0.1', '::1']) {
      const connection = await createConnection({ host, port: server.port, user: 'collector', password: 'hush', database: 'temperature' })
      await connection.query(`INSERT INTO reading VALUES (?, '2025-01-02', '', 1)`, [host])
      await connection.end()
    }
  })

  test('a root with a password is told, not called down', async () => {
    await server.query(`ALTER USER root@localhost IDENTIFIED BY 'geheim'`)
    expect(does()).toEqual(['stop: root of this Pi may not log in to MariaDB over the socket'])
    const [ended] = change()
    expect(ended?.status).toBe(1)
    expect(ended?.stderr).toMatch(/^ERROR 1045 [^]*IDENTIFIED VIA unix_socket OR/)
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
