import { words } from '../shell.ts'
import type { Shell } from './kind.ts'

/** Options of a simulation: it, too, would write apt's cache anew. */
export const writesNothing = '-o Debug::NoLocking=1 -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='

// dpkg's own two, and the two that its Lock::Timeout does not cover: apt ends at once where somebody holds those.
const locks = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/lib/apt/lists/lock', '/var/cache/apt/archives/lock']

/**
 * Prints who holds one of apt's locks, if somebody does. They are fcntl locks, which the program flock does not see; perl is in every
 * Debian. The layout is that of struct flock with 64-bit offsets, the same on amd64, arm64 and armhf.
 */
export const locksHeldText: Shell = locksHeld(locks)

/** The same for any files. */
export function locksHeld(files: readonly string[]): Shell {
  return `perl -MFcntl -e 'for (@ARGV) {
  open my $file, "+<", $_ or next;
  my $lock = pack "s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0;
  fcntl $file, F_GETLK, $lock or next;
  my ($type, $process) = (unpack "s s x4 q q i x4", $lock)[0, 4];
  next if $type == F_UNLCK;
  my $name = "another program";
  if (open my $comm, "<", "/proc/$process/comm") { chomp($name = <$comm>) }
  print "$name (process $process), which holds $_\\n";
  exit;
}' ${words(files)}`
}

export interface Installation {
  readonly packages: readonly string[]
  readonly recommends: boolean
  /** The plan lists what is removed for it; else nothing may be. */
  readonly removes: boolean
}

/**
 * Installs packages. A run that died inside dpkg leaves it half done: that is mended first. Lists fetched over a day ago (their own dates
 * are the mirror's; the folder they pass through has ours) cost more failed downloads than an update costs time; one retry after an update
 * covers a mirror that moved on. A source that fails is told (a line to `$N`) and stops nothing, when the packages are to be had without
 * it.
 */
export function installText({ packages, recommends, removes }: Installation): Shell {
  const options = [
    '-y',
    '-q',
    ...(recommends ? [] : ['--no-install-recommends']),
    ...(removes ? [] : ['--no-remove']),
    '-o',
    'DPkg::Lock::Timeout=600',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
  ]
  return `export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a --force-confdef --force-confold
said=$(mktemp) || exit
trap 'rm -f "$said"' EXIT
# Somebody may have been quicker since we looked.
apt() { local try code
for ((try = 0; try < 120; try++)); do
apt-get "$@" >"$said" 2>&1; code=$?; cat "$said"
[ $code -ne 0 ] && grep -qE 'Could not get lock|Unable to lock directory' "$said" || break
sleep 5
done
return $code; }
failed_sources() { local line uri suite file
grep -E '^(E|W): (The repository|Failed to fetch|GPG error|The following signatures)' "$said" | sort -u | head -n 3 | while read -r line; do
read -r uri suite <<<"$(grep -oE "(https?|ftp|file|cdrom|copy):[^ ']+( [^ ']+)?" <<<"$line" | head -n 1)"
case $uri in */dists/*) suite=\${uri#*/dists/}; suite=\${suite%%/*}; uri=\${uri%%/dists/*} ;; esac
file=
[ -n "$uri" ] && file=$(grep -rlF -- "\${uri%/}" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
  xargs -r -d '\\n' grep -lwF -e "$suite" | head -n 1)
printf 'a package source fails%s: %s\\n' "\${file:+ ($file)}" "\${line#[EW]: }"
done; }
broken=
update() { apt update -q -o DPkg::Lock::Timeout=600; broken=$(failed_sources); }
install() { apt install ${words(options)} ${words(packages)}; }
code=0
[ -n "$(find /var/lib/apt/lists/partial -maxdepth 0 -mmin -1440)" ] && ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || update
install || { update; apt install -f ${words(options)} && install; } || code=$?
[ -z "$broken" ] || if [ $code -eq 0 ]
then printf '%s; what was wanted is installed all the same\\n' "$broken" >>"\${N:-/dev/null}"
else printf '%s\\n' "$broken"
fi
(exit $code)`
}
