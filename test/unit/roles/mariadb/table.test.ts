import { expect, test } from 'vitest'
import { table, tableKind } from '../../../../roles/mariadb/table.ts'

const { spec } = table('temperature', 'reading', { place: 'VARCHAR(64) NOT NULL', at: 'DATETIME(6) NOT NULL' }, ['place', 'at'])
const columns = 'column\ttemperature\treading\tplace\tvarchar(64)\ncolumn\ttemperature\treading\tat\tdatetime(6)\n'
const key = 'key\ttemperature\treading\tplace\nkey\ttemperature\treading\tat\n'
const does = (output: string) => tableKind.read(output, [spec]).flatMap(seen => tableKind.compare(spec, seen, []).map(change => change.does))

test.each([
  ['nothing there', '', ['create']],
  ['the same table elsewhere', columns.replaceAll('temperature', 'other'), ['create']],
  ['as wanted', columns + key, []],
  ['without a key', columns, ['stop: its primary key is (none), not (place, at)']],
  ['a column short', `column\ttemperature\treading\tplace\tvarchar(64)\n${key}`, ['stop: it exists without at']],
  ['no answer', 'down\n', ['make sure of it (MariaDB does not answer now)']],
])('%s', (_name, output, changes) => {
  expect(does(output)).toEqual(changes)
})

test('made with its database; one of another shape is never touched', () => {
  expect(tableKind.change(spec, undefined, [])).toEqual([{
    run: "mariadb --batch --skip-column-names <<'.'\nCREATE DATABASE IF NOT EXISTS `temperature` CHARACTER SET utf8mb4;\nCREATE TABLE IF NOT EXISTS `temperature`.`reading` (\n  `place` VARCHAR(64) NOT NULL,\n  `at` DATETIME(6) NOT NULL,\n  PRIMARY KEY (`place`, `at`)\n);\n.",
  }])
  const [other] = tableKind.read(columns, [spec])
  const [step] = tableKind.change(spec, other, [])
  expect(step && 'run' in step ? step.run : '').toMatch(/^echo "the table temperature.reading has another shape .*" >&2; false$/)
})
