/** What `lab fault` can do to a host. */
export const faultKinds = {
  freeze: 'every program stands still; its network card answers pings',
  thaw: 'ends freeze',
  cut: 'its network cable is out',
  mend: 'ends cut',
  kill: 'its power is cut; `lab up` boots it again',
  'fill-disk': 'every write fails: no space left on device',
  'free-disk': 'ends fill-disk',
  'change-host-key': 'it answers with another host key than the pinned one',
  'restore-host-key': 'ends change-host-key',
} as const

export type FaultKind = keyof typeof faultKinds
