import type { HostFailure } from './events.ts'

/** A failure a user can understand and act upon; anything else that is thrown is a defect of this program. */
export class Failed extends Error {
  override readonly name = 'Failed'
  readonly failure: HostFailure
  constructor(failure: HostFailure) {
    super(failure.message)
    this.failure = failure
  }
  /** What to do next, as all errors of this program tell it. */
  get hint(): string | undefined {
    return this.failure.hint
  }
}

/** Turns whatever was thrown into what is printed. Errors that carry a `hint` keep it; a defect shows where it arose. */
export function toFailure(error: unknown): HostFailure {
  if (error instanceof Failed) return error.failure
  if (!(error instanceof Error)) return { message: String(error) }
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  const output = 'output' in error && Array.isArray(error.output) ? error.output.map(String) : undefined
  const defect = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  return {
    message: error.message || error.name,
    ...(hint !== undefined && { hint }),
    ...(output?.length && { output }),
    ...(defect && { hint: 'this is a defect of this program, please report it', output: (error.stack ?? '').split('\n').slice(1, 4) }),
  }
}

/** What to do about a disk that is full. */
export const fullDisk = 'its disk is full: free some space (`sudo apt-get clean`, `sudo journalctl --vacuum-size=50M`), then run again'

/** What a Pi's output suggests to do, where it is a known one. */
export function hintFor(output: string): string | undefined {
  if (/No space left on device|not enough free space|Errcode: 28\b|ERROR 1114\b/i.test(output)) return fullDisk
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
