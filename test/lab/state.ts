import type { Fleet } from '../../engine/inventory/types.ts'
import { inside } from './commands.ts'

// What differs between two hosts that were set up alike is left out: the journal of runs, the machine's id, the time of
// the last update, the day a password was set.
const script = `export LC_ALL=C.UTF-8
echo '# packages'; dpkg-query -W -f '\${binary:Package} \${db:Status-Abbrev} \${Version}\\n'
echo '# packages asked for'; apt-mark showmanual
echo '# files'
folders='/etc /opt /usr/local /var/lib/provision'
kept() { find $folders -xdev ! -path /var/lib/provision/journal.jsonl ! -path /etc/machine-id ! -path /etc/.updated "$@"; }
kept -printf '%p %y %m %u:%g %l\\n' | sort
kept -type f ! -path '/etc/shadow*' ! -path '/etc/*/tls/*.pem' -print0 | sort -z | xargs -0 sha256sum
# Keys are made anew on each host.
for each in /etc/*/tls/*.pem; do [ -e "$each" ] && openssl x509 -in "$each" -noout -subject -issuer -ext subjectAltName; done
cut -d: -f1,2,4- /etc/shadow
ls -A /var/tmp | grep -v ^systemd-private
echo '# unit files'; systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}'
echo '# active'
for unit in $(systemctl list-unit-files --no-legend --no-pager --state=enabled --type=service,socket,timer | awk '$1 !~ /@/ {print $1}'); do
  echo "$unit $(systemctl show -p Type -p ActiveState --value "$unit" | tr '\\n' ' ')"
done
echo '# failed'; systemctl list-units --failed --no-legend --plain --no-pager | awk '{print $1}'
echo '# users'; getent passwd; getent group
if command -v mariadb >/dev/null; then
  echo '# database'
  sql() { mariadb --batch --skip-column-names "$@"; }
  sql -e "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_KEY FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1, 2, 3"
  sql -e "SELECT CONCAT('SHOW GRANTS FOR ', QUOTE(User), '@', QUOTE(Host), ';') FROM mysql.global_priv WHERE User <> '' ORDER BY 1" | sql
  sql -e 'SHOW GLOBAL VARIABLES' | grep -E '^(innodb_buffer_pool_size|max_connections|bind_address|port|performance_schema)\\s'
fi
`

/** Everything a run is answerable for on a host, a fact a line: packages, files, units, users, the database's accounts. */
export async function stateOf(fleet: Fleet, host: string): Promise<readonly string[]> {
  return (await inside(fleet, host, script)).split('\n')
}

/** Lines that only one of two states has, told by `-` (the first) and `+`. */
export function differences(first: readonly string[], second: readonly string[]): string[] {
  const [had, has] = [new Set(first), new Set(second)]
  return [
    ...first.filter(line => !has.has(line)).map(line => `- ${line}`),
    ...second.filter(line => !had.has(line)).map(line => `+ ${line}`),
  ]
}
