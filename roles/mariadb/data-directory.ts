import { command, type Resource } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'

const data = '/var/lib/mysql'

// A server that starts needs no help. One that does not, and holds nobody's databases, never was whole: its files are set aside, not
// deleted.
const repair = `systemctl reset-failed mariadb 2>/dev/null
if systemctl start mariadb; then return 0; fi
# It is started again by itself, and must not be while its files are made.
systemctl stop mariadb
for folder in ${data}/*/; do
  case "$folder" in ${data}/mysql/|${data}/performance_schema/|${data}/sys/|${data}/'#'*) ;;
  *) echo "MariaDB does not start, and $folder may hold data: it is left alone; see journalctl -u mariadb" >&2; return 1 ;; esac
done
mv -T ${data} "${data}.cut-off-$(date +%s)" && install -d -o mysql -g mysql -m 0755 ${data} &&
mariadb-install-db --user=mysql --skip-test-db && { systemctl reset-failed mariadb 2>/dev/null; systemctl start mariadb; }`

/**
 * Mends a data directory whose making was cut (a power cut while the package was set up leaves files that MariaDB refuses).
 * Only looks at a server that is there, does not run and has no database `database` yet.
 */
export function dataDirectory(database: string): Resource {
  return command('mariadb data directory', {
    unless: `[ ! -d ${data} ] || systemctl is-active -q mariadb || [ -d ${quote(`${data}/${database}`)} ]`,
    run: repair,
    timeout: 600,
  })
}
