import { unitName } from './unit-faults.ts'

const folder = '/var/lib/lab-clock'
const variables = ['FAKETIME_DONT_FAKE_MONOTONIC=1', 'FAKETIME_DISABLE_SHM=1', 'FAKETIME_CACHE_DURATION=1']

/**
 * Makes programs that start from now on see another time: a host has the machine's clock, so a library before the C library adds the
 * difference. It is Debian's libfaketime, fetched from the host's own mirror and unpacked, not installed.
 * @param seconds ahead; below nothing: behind
 */
export function wrongClockScript(seconds: number, unit: string | undefined): string {
  return `set -e
library() { ls ${folder}/usr/lib/*/faketime/libfaketime.so.1 2>/dev/null; }
if ! library >/dev/null; then
  mkdir -p ${folder}/fetch && cd ${folder}/fetch
  chmod 0777 . && { apt-get -qq download libfaketime 2>/dev/null || { apt-get -qq update && apt-get -qq download libfaketime; }; }
  dpkg -x libfaketime_*.deb ${folder}
fi
echo '${seconds < 0 ? '' : '+'}${seconds}' >/etc/faketimerc
systemctl set-environment ${variables.join(' ')}
library >/etc/ld.so.preload
${unit ? `systemctl restart ${unitName(unit)}` : ':'}`
}

/** Ends wrongClockScript. */
export function rightClockScript(unit: string | undefined): string {
  return `rm -f /etc/ld.so.preload /etc/faketimerc
systemctl unset-environment ${variables.map(each => each.split('=')[0]).join(' ')}
${unit ? `systemctl restart --no-block ${unitName(unit)}` : ':'}`
}
