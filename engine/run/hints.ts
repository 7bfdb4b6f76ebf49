/** What a Pi's output suggests to do, where it is a known one. */
export function hintFor(output: string): string | undefined {
  if (/No space left on device|not enough free space/i.test(output))
    return 'its disk is full: free some space (`sudo apt-get clean`, `sudo journalctl --vacuum-size=50M`), then run again'
  if (/Temporary failure resolving|Could not resolve/i.test(output))
    return 'it cannot resolve names: check its network and /etc/resolv.conf, then run again'
  if (/Could not get lock|lock-frontend/i.test(output)) return 'another package installation is running there: wait for it, then run again'
  if (/remove is disabled/i.test(output))
    return 'other packages would have to go for it, which the plan did not list: run `provision --check` again, now it does'
  if (/a package source fails/.test(output)) return 'mend that source or take its file away, then run again'
  if (/Unable to locate package/i.test(output))
    return 'its Debian release has no such package: is it bookworm or trixie, and are its sources complete?'
  if (/Read-only file system/i.test(output)) return 'its file system is read-only: the SD card may be failing; see `dmesg` there'
  if (/is not valid yet|Release file .* expired/i.test(output)) return 'its clock is wrong: set the time, then run again'
  return undefined
}
