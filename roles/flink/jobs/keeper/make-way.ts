import type { InsteadOf } from './config.ts'

/** Seconds until a process that was asked to end is killed, and until it is given up. */
const [asked, patience] = [30, 60]

/**
 * Ends the unit's process, looks until there was none twice, and becomes the program. A start that was under way when the lock was taken shows
 * itself within a second. A systemd that does not answer has no process ended: nothing begins beside it.
 */
const script = `n=0 gone=0
while [ $gone -lt 2 ]; do
  pid=$(systemctl show --property=MainPID --value "$0" </dev/null) && [ -n "$pid" ] || { echo "systemd does not tell of $0" >&2; exit 1; }
  if [ "$pid" = 0 ]; then gone=$((gone + 1))
  elif [ $n -ge ${patience} ]; then echo "$0 does not make way for a submission" >&2; exit 1
  else gone=0; kill -s "$([ $n -lt ${asked} ] && echo TERM || echo KILL)" "$pid" || true; fi
  n=$((n + 1)); [ $gone -ge 2 ] || sleep 1
done
exec "$@"`

/**
 * The words that run a program in the place of a unit's process, with what is on standard input. The program holds the lock itself: it is free
 * when that ends, however it ends, and whoever began it.
 */
export const inPlaceOf = ({ unit, lock }: InsteadOf, program: readonly string[]): readonly [string, ...string[]] => [
  'flock',
  '--no-fork',
  lock,
  'sh',
  '-c',
  script,
  unit,
  ...program,
]
