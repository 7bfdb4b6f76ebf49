import { expect, test } from 'vitest'
import { shapeOf } from '../../../../roles/mariadb/job-tables.ts'
import { readings } from '../../../../roles/mariadb/readings.ts'
import { table, tableKind } from '../../../../roles/mariadb/table.ts'

const { spec } = table('temperature', 'reading', readings)
const row = (...cells: string[]) => `${cells.join('\t')}\n`
const column = (name: string, type: string, charset = '', collation = '', { nullable = 'NO', hasDefault = '0', extra = '' } = {}) =>
  row('column', 'temperature', 'reading', name, type, nullable, hasDefault, extra, charset, collation)
const key = (name: string, ...columns: string[]) => columns.map(each => row('unique', 'temperature', 'reading', name, each)).join('')
const engine = row('table', 'temperature', 'reading', 'InnoDB')
const place = column('reading_location', 'varchar(64)', 'utf8mb4', 'utf8mb4_bin')
const at = column('reading_date', 'datetime(6)')
const note = column('reading_note', 'varchar(255)', 'utf8mb4', 'utf8mb4_general_ci', { hasDefault: '1' })
const value = column('reading_value', 'double')
const primary = key('PRIMARY', 'reading_location', 'reading_date')
const good = engine + place + at + note + value + primary

const does = (output: string) =>
  tableKind.read(output, [spec]).flatMap(seen => tableKind.compare(spec, seen, []).map(change => change.does))

test.each([
  ['nothing there', '', ['create']],
  ['the same table elsewhere', good.replaceAll('temperature', 'other'), ['create']],
  ['as wanted', good, []],
  [
    'wider text, another binary order, a column more with a default',
    good.replace('(64)', '(190)').replace('utf8mb4_bin', 'utf8mb4_nopad_bin') + column('room', 'int(11)', '', '', { hasDefault: '1' }),
    [],
  ],
  ['no answer', "ERROR 2002 (HY000): Can't connect\nrefused\n", ['make sure of it (MariaDB does not answer now)']],
  [
    'root has a password',
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)\nrefused\n",
    ['stop: root of this Pi may not log in to MariaDB over the socket'],
  ],
])('%s', (_name, output, changes) => {
  expect(does(output)).toEqual(changes)
})

test.each([
  [
    'a date without fractions',
    good.replace('datetime(6)', 'datetime'),
    'reading_date is datetime, not datetime(6)',
    'MODIFY `reading_date` DATETIME(6) NOT NULL',
  ],
  [
    'a date that is a timestamp',
    good.replace('datetime(6)', 'timestamp(6)'),
    'reading_date is timestamp(6), not datetime(6)',
    'MODIFY `reading_date` DATETIME(6) NOT NULL',
  ],
  [
    'a value that rounds',
    good.replace('double', 'decimal(4,1)'),
    'reading_value is decimal(4,1), not double',
    'MODIFY `reading_value` DOUBLE NOT NULL',
  ],
  [
    'a short note',
    good.replace('varchar(255)', 'varchar(20)'),
    'reading_note is varchar(20), not varchar(255)',
    "MODIFY `reading_note` VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT ''",
  ],
  [
    'latin1',
    good.replaceAll('utf8mb4\tutf8mb4_general_ci', 'latin1\tlatin1_swedish_ci'),
    'reading_note has the character set latin1, not utf8mb4',
    "MODIFY `reading_note` VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT ''",
  ],
  [
    'names that are equal and are not',
    good.replace('utf8mb4_bin', 'utf8mb4_general_ci'),
    'reading_location has the collation utf8mb4_general_ci, by which different names may be equal',
    'MODIFY `reading_location` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
  ],
  [
    'a column short',
    good.replace(note, ''),
    'it has no reading_note',
    "ADD COLUMN `reading_note` VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT ''",
  ],
  [
    'no key',
    good.replace(primary, ''),
    'its primary key is (none), not (reading_location, reading_date)',
    'ADD PRIMARY KEY (`reading_location`, `reading_date`)',
  ],
  [
    'a key with one column more',
    good.replace(primary, key('PRIMARY', 'id', 'reading_location', 'reading_date')) +
      column('id', 'bigint(20)', '', '', { extra: 'auto_increment' }),
    'its primary key is (id, reading_location, reading_date), not (reading_location, reading_date)',
    'ADD KEY (`id`), DROP PRIMARY KEY, ADD PRIMARY KEY (`reading_location`, `reading_date`)',
  ],
  [
    'a key of beginnings',
    good.replace(primary, key('PRIMARY', 'reading_location(8)', 'reading_date')),
    'its primary key is (reading_location(8), reading_date), not (reading_location, reading_date)',
    'DROP PRIMARY KEY, ADD PRIMARY KEY (`reading_location`, `reading_date`)',
  ],
  [
    'another unique key',
    good + key('by_value', 'reading_value'),
    'its unique key by_value (reading_value) would take readings for duplicates',
    'DROP KEY `by_value`',
  ],
  [
    'a column that wants a value',
    good + column('room', 'int(11)'),
    'its column room wants a value that no reading has',
    'MODIFY `room` int(11) NULL',
  ],
  ['another engine', good.replace('InnoDB', 'MyISAM'), 'its engine is MyISAM, which a power cut damages, not InnoDB', 'ENGINE = InnoDB'],
])('stops at %s, with what mends it', (_name, output, says, mends) => {
  const statement = `ALTER TABLE \`temperature\`.\`reading\` ${mends};`
  expect(does(output)).toEqual([`stop: ${says}`, `wait for you to run: ${statement}`])
  const [seen] = tableKind.read(output, [spec])
  const [step] = tableKind.change(spec, seen, [])
  const run = step && 'run' in step ? step.run : ''
  expect(run).toContain('has another shape and is left alone')
  expect(run.replaceAll(`'\\''`, `'`)).toContain(statement)
  expect(run).toMatch(/; false$/)
  expect(run).not.toContain('mariadb --no-defaults')
})

test('made with its database, and with its character set whatever the database has', () => {
  const [step] = tableKind.change(spec, undefined, [])
  expect(step && 'run' in step ? step.run.split('\n').slice(1) : []).toEqual([
    'CREATE DATABASE IF NOT EXISTS `temperature` CHARACTER SET utf8mb4;',
    'CREATE TABLE IF NOT EXISTS `temperature`.`reading` (',
    '  `reading_location` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,',
    '  `reading_date` DATETIME(6) NOT NULL,',
    "  `reading_note` VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',",
    '  `reading_value` DOUBLE NOT NULL,',
    '  PRIMARY KEY (`reading_location`, `reading_date`)',
    ') ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;',
    '.',
  ])
})

test('a table of a job has the shape the job says, with its text compared byte by byte', () => {
  const shape = shapeOf({ columns: { place: 'place', since: 'time', mean: 'number or none', readings: 'count' }, key: ['place', 'since'] })
  expect(shape.key).toEqual(['place', 'since'])
  expect(shape.columns.map(({ name, definition }) => `${name} ${definition}`)).toEqual([
    'place VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
    'since DATETIME NOT NULL',
    'mean DOUBLE NULL',
    'readings BIGINT NOT NULL',
  ])
  // MariaDB spells it with a width.
  expect(shape.columns.map(({ fault }, index) => fault(['varchar(64)', 'datetime', 'double', 'bigint(20)'][index] ?? ''))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
