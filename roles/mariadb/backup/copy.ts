import type { Shell } from '../../../engine/resources/index.ts'
import { rootOption } from '../sql.ts'
import type { MariadbVars } from '../vars.ts'
import { clientOf, dump, ownDatabases, socket } from './dump.ts'

/** Bytes of all files of tables but the server's own. */
const size = `SELECT COALESCE(SUM(FILE_SIZE), 0) FROM information_schema.INNODB_SYS_TABLESPACES
WHERE NAME LIKE '%/%' AND SUBSTRING_INDEX(NAME, '/', 1) NOT IN (${ownDatabases})`

/** A copy of the server's files as one moment had them: what is written meanwhile goes on, but for a second at its end. */
const copy: Shell = `mariadb-backup ${rootOption} --backup --stream=mbstream --user=root --socket=${socket}`

/** Rows, as a dump, or as a copy of the server's files where they are `copyFrom` bytes and more: that reads them as they lie there. */
export function takesRows({ copyFrom }: Pick<MariadbVars, 'copyFrom'>): Shell {
  if (copyFrom === 'never') return dump('rows')
  return `bytes=$(${clientOf()} -e "${size}") || exit 1
if [ "$bytes" -ge ${copyFrom} ] && command -v mariadb-backup >/dev/null; then
${copy} || exit 1
else
${dump('rows')} || exit 1
fi`
}

/** Where a copy is opened. Nobody but root gets there. */
const at = '/var/lib/provision/mariadb-copy'

/**
 * Opens a copy that comes on standard input with a second server, which no network reaches, and prints its rows as a dump. The server at work
 * is not touched: what it has stays. The second one holds no lock of the host (files 8 and 9): one that outlives its run is not waited for, the
 * next run ends it. `bytes`: those of the copy.
 */
export const opensCopy = (bytes: number): Shell => `command -v mbstream >/dev/null || {
echo 'this backup is a copy of the files of MariaDB, and mariadb-backup is not installed here: \`provision\` this Pi first' >&2; exit 1; }
ends() {
local file pid
# Nothing it has is wanted: a server that a run which was killed left is ended, too.
for file in $(grep -lsxFz -e --datadir=${at} /proc/[0-9]*/cmdline); do
pid=\${file#/proc/} pid=\${pid%/cmdline}
kill -KILL "$pid"; while [ -d "/proc/$pid" ]; do sleep 0.1; done
done
rm -rf ${at} ${at}.log
}
ends
trap ends EXIT
install -d -m 0700 ${at}
free=$(df -B1 --output=avail ${at} | tail -n 1)
[ "$free" -gt ${bytes * 2} ] || { echo "it needs ${bytes * 2} bytes on the card for a while, and there are $free" >&2; exit 1; }
mbstream -x -C ${at} || exit 1
mariadb-backup --prepare --use-memory=32M --target-dir=${at} </dev/null >${at}.log 2>&1 || { cat ${at}.log >&2; exit 1; }
rm -f ${at}.log
/usr/sbin/mariadbd --defaults-file=${at}/backup-my.cnf --datadir=${at} --socket=${at}/sock --pid-file=${at}/pid --skip-networking \\
--skip-grant-tables --user=root --innodb-buffer-pool-size=16M --key-buffer-size=1M --aria-pagecache-buffer-size=1M --performance-schema=OFF \\
--max-connections=5 --log-error=${at}/errors </dev/null >/dev/null 2>&1 8>&- 9>&- &
for ((tries = 0; ; tries++)); do
${clientOf(`${at}/sock`)} -e 'SELECT 1' </dev/null >/dev/null 2>&1 && break
kill -0 $! && [ $tries -lt 600 ] || { tail -n 5 ${at}/errors >&2; echo 'the copy cannot be opened' >&2; exit 1; }
sleep 0.2
done
${dump('rows', `${at}/sock`)}`
