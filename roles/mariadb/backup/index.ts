import type { BackupOf, Piece, Restoring, RoleBackup } from '../../../engine/backup/index.ts'
import type { MariadbVars } from '../vars.ts'
import { takesRows } from './copy.ts'
import { dump } from './dump.ts'
import { DumpReader } from './dump-reader.ts'
import { addsRows, makesTables } from './puts.ts'
import { RowsReader } from './rows-reader.ts'

/** The pieces that are this host's: those of its own name, or all where only one host had the role. */
function own({ host }: BackupOf<MariadbVars>, pieces: readonly Piece[]): readonly Piece[] {
  const mine = pieces.filter(piece => piece.host === host.name)
  return mine.length > 0 || new Set(pieces.map(piece => piece.host)).size > 1 ? mine : pieces
}

/** Tables and rows of the fleet's MariaDB. */
export const mariadbBackup: RoleBackup<MariadbVars> = {
  parts: ({ vars }) => [
    { name: 'tables', takes: dump('tables') },
    { name: 'rows', takes: takesRows(vars) },
  ],
  reader: name => (name === 'tables' ? new DumpReader() : new RowsReader()),
  restores(of, pieces) {
    const mine = own(of, pieces)
    const named = (name: string) => mine.filter(piece => piece.name === name)
    return [
      ...named('tables').map((piece): Restoring => ({ piece, does: 'tables that are not there', run: makesTables })),
      ...named('rows').map((piece): Restoring => ({ piece, does: 'rows that are not there', run: addsRows(piece.bytes) })),
    ]
  },
  whenReplaced: () => true,
}
