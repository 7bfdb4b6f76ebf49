import type { Shell } from './resources/kind.ts'

/** What a process has written to disks since it was started. */
export interface Written {
  readonly bytes: number
  readonly seconds: number
}

/** Seconds that must have passed before a rate tells anything: a start writes much. */
const least = 600
const day = 86_400

/**
 * Prints, for each process id in `pids` (words of shell text), what it had written to disks, and for how long it has run: pid, bytes,
 * bytes taken back before they were written, seconds. Builtins only. /proc/PID/io counts what a process made dirty, whoever writes it out
 * later; its ended children count, too.
 */
export function askWrites(pids: Shell): Shell {
  return `hz=$(getconf CLK_TCK); read -r now _ </proc/uptime; for p in ${pids}; do
w= c=0; [ -r "/proc/$p/io" ] && while read -r k v; do case $k in write_bytes:) w=$v ;; cancelled_write_bytes:) c=$v ;; esac; done <"/proc/$p/io"
[ -n "$w" ] && read -r s <"/proc/$p/stat" && s=\${s##*) } && set -- $s && printf '%s %s %s %s\\n' "$p" "$w" "$c" "$((\${now%.*} - \${20} / hz))"; done`
}

/** Reads that, by process id. */
export function readWrites(output: string): ReadonlyMap<string, Written> {
  return new Map(
    output.split('\n').flatMap(line => {
      const [pid = '', bytes, back, seconds] = line.split(' ')
      const written = { bytes: Math.max(0, Number(bytes) - Number(back)), seconds: Number(seconds) }
      return pid !== '' && Number.isFinite(written.bytes) && written.seconds >= 0 ? [[pid, written] as const] : []
    }),
  )
}

/** Bytes a day at that rate; undefined while it is too early to say. */
export function perDay({ bytes, seconds }: Written): number | undefined {
  return seconds < least ? undefined : Math.round((bytes / seconds) * day)
}
