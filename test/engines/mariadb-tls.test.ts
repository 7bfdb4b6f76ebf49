import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbBackend, type MariadbOptions } from '../../collector/backends/mariadb.ts'
import { mariadbSchema } from '../../collector/backends/mariadb.config.ts'
import { readingTable } from '../../collector/backends/mariadb.schema.ts'
import { issue, makeAuthority } from '../../engine/authority/issue.ts'
import { account, accountKind } from '../../roles/mariadb/account.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

describe.skipIf(!mariadbInstalled)('a real MariaDB that wants encrypted connections', { timeout: 60_000 }, () => {
  const at = mkdtempSync(join(tmpdir(), 'mariadb-tls-'))
  const { spec } = account('collector', { hosts: ['127.0.0.1'], proof: { password: 'hush' }, tls: true, privileges: ['INSERT', 'SELECT'], on: { database: 'temperature', table: 'reading' } })
  const authority = { ours: '', other: '' }
  let server: MariadbServer
  let id = 0

  /** Runs a shell step of a resource against this server. */
  const shell = (text: string) => execFileSync('bash', ['-c', text.replaceAll('/run/mysqld/mysqld.sock', `${server.directory}/sock`)], { encoding: 'utf8' })
  const observed = () => accountKind.read(shell(accountKind.ask([spec])), [spec])[0] as never

  async function secured(addresses: readonly string[]): Promise<void> {
    const made = await makeAuthority('home')
    authority.ours = join(at, 'ours.pem')
    authority.other = join(at, 'other.pem')
    writeFileSync(authority.ours, made.certificate)
    writeFileSync(authority.other, (await makeAuthority('home')).certificate)
    execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(at, 'key.pem'), '-out', join(at, 'request.pem'), '-subj', '/CN=x'], { stdio: 'pipe' })
    const request = execFileSync('cat', [join(at, 'request.pem')], { encoding: 'utf8' })
    writeFileSync(join(at, 'cert.pem'), await issue(made, request, { name: 'mysql', addresses, days: 10 }))
  }
  const settings = () => [`--ssl-key=${join(at, 'key.pem')}`, `--ssl-cert=${join(at, 'cert.pem')}`, `--ssl-ca=${join(at, 'ours.pem')}`]

  async function stores(ca?: string): Promise<string> {
    const options: MariadbOptions = { ...mariadbSchema.parse({ type: 'mariadb', port: server.port, timeout: 5000, ...(ca && { ca }) }), password: () => 'hush' }
    const backend = mariadbBackend(options)
    try {
      await backend.connect()
      await backend.store([{ location: 'here', date: new Date(Date.UTC(2026, 0, 1) + ++id), note: '', value: 1 } as never])
      return 'stored'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      await backend.close()
    }
  }

  beforeAll(async () => {
    await secured(['127.0.0.1'])
    server = await MariadbServer.create(settings())
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    for (const step of accountKind.change(spec, observed(), [])) if ('run' in step) shell(step.run)
  }, 120_000)

  afterAll(async () => {
    await server?.destroy()
    rmSync(at, { recursive: true, force: true })
  })

  test('the account is as it is wanted, then drifts, then is mended', () => {
    expect(accountKind.compare(spec, observed(), [])).toEqual([])
    shell(`mariadb --no-defaults --socket=/run/mysqld/mysqld.sock -e "ALTER USER collector@'127.0.0.1' REQUIRE NONE"`)
    expect(accountKind.compare(spec, observed(), []).map(({ does }) => does)).toEqual(['change how collector@127.0.0.1 logs in'])
    for (const step of accountKind.change(spec, observed(), [])) if ('run' in step) shell(step.run)
    expect(accountKind.compare(spec, observed(), [])).toEqual([])
  })

  test('an agent that knows the authority stores, one in clear does not', async () => {
    expect(await stores(authority.ours)).toBe('stored')
    expect(await stores()).toMatch(/Access denied/)
  })

  test('an agent sends nothing to a server of another authority, nor to one that has another name', async () => {
    expect(await stores(authority.other)).toMatch(/self.signed|certificate/i)
    await server.stop()
    await secured(['10.0.0.90'])
    await server.start()
    expect(await stores(authority.ours)).toMatch(/certificate|altnames/i)
    const [{ count } = { count: -1 }] = await server.query<{ count: number }>('SELECT COUNT(*) AS count FROM temperature.reading')
    expect(Number(count)).toBe(1)
  })
})
