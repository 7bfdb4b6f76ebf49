import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  folderDepot,
  keepersOf,
  restorePlans,
  restoreSet,
  takeBackup,
  verifySet,
  type BackupContext,
  type BackupSet,
} from '../../engine/backup/index.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import mariadb from '../../roles/mariadb/index.ts'
import { rootLoginFile } from '../../roles/mariadb/sql.ts'
import { localSession } from './backup-support.ts'
import { MariadbServer } from './collector-support/mariadb-server.ts'

/** What of a text is another one on this machine, besides the server's socket. */
type Paths = Readonly<Record<string, string>>

/** A fleet of one host with MariaDB, its card a folder: the server with rows, and a spare one that is empty. */
export class MariadbBackups {
  readonly folder = mkdtempSync(join(tmpdir(), 'mariadb-backup-'))
  readonly card = join(this.folder, 'card')
  readonly depot
  readonly server: MariadbServer
  readonly spare: MariadbServer
  /** The one that is backed up, or put back to, from now on. */
  at: MariadbServer
  readonly #fleet: Fleet

  private constructor(vars: object, server: MariadbServer, spare: MariadbServer) {
    const file = join(this.folder, 'pi.yaml')
    writeFileSync(file, 'fleet: home\n')
    this.depot = folderDepot(join(this.folder, 'backups'), { inventory: file, env: { FLEET_IDENTITY: join(this.folder, 'identity') } })
    const host = { name: 'mysql', address: '127.0.0.1', roles: ['mariadb'], vars: { mariadb: vars } } as unknown as Host
    this.#fleet = { name: 'home', file, hosts: [host] } as unknown as Fleet
    ;[this.server, this.spare, this.at] = [server, spare, server]
  }

  /** With so many rows of three places, and what `statements` make besides. */
  static async make(vars: object, rows: number, statements: readonly string[]): Promise<MariadbBackups> {
    const [server, spare] = await Promise.all([MariadbServer.create(), MariadbServer.create()])
    for (const statement of [
      'CREATE DATABASE temperature CHARACTER SET utf8mb4',
      readingTable.replace('reading (', 'temperature.reading ('),
      `INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value)
       SELECT CONCAT('Küche', seq % 3), '2026-01-01' + INTERVAL seq * 1.000001 SECOND, CONCAT('a\\n(''', seq), seq / 7
       FROM temperature.seq_1_to_${rows}`,
      ...statements,
    ])
      await server.query(statement)
    return new MariadbBackups(vars, server, spare)
  }

  context(paths: Paths = {}, on: BackupContext['on'] = () => {}): BackupContext {
    const open = async () =>
      localSession(this.card, {
        '/run/mysqld/mysqld.sock': `${this.at.directory}/sock`,
        [rootLoginFile]: join(this.folder, 'none'),
        ...paths,
      })
    return { fleet: this.#fleet, roles: { mariadb }, depot: this.depot, figures: join(this.folder, 'figures'), owner: 'a test', open, on }
  }

  async taken(controller: boolean, context = this.context()): Promise<BackupSet> {
    return takeBackup(context, { keepers: await keepersOf(context), controller })
  }

  async restored(set: BackupSet, context = this.context()): Promise<void> {
    return restoreSet(context, set, restorePlans(set, await keepersOf(context)))
  }

  /** Pieces that are found to be damaged where the rows of a set lost their last byte, or have one wrong in the middle. They are whole again then. */
  async damageOf(set: BackupSet, where: 'the middle' | 'the end'): Promise<readonly string[]> {
    const file = join(this.folder, 'backups', set.id, 'mysql.mariadb.rows.age')
    const bytes = readFileSync(file)
    const bad = Buffer.from(bytes)
    bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1
    writeFileSync(file, where === 'the end' ? bytes.subarray(0, -1) : bad)
    try {
      return (await this.damage(set)).map(({ piece }) => piece.name)
    } finally {
      writeFileSync(file, bytes)
    }
  }

  async damage(set: BackupSet) {
    return verifySet(this.depot, set, async (role, part) => (role === 'mariadb' ? (await mariadb.backup?.())?.reader(part) : undefined))
  }

  async destroy(): Promise<void> {
    await Promise.all([this.server.destroy(), this.spare.destroy()])
    rmSync(this.folder, { recursive: true, force: true })
  }
}
