import { Failed } from '../engine/errors.ts'

export const formats = ['cloud-init', 'rpi-preseed', 'firstrun'] as const
/** Who reads the boot partition at the first start. */
export type Format = (typeof formats)[number]

/** What was seen in an image: names of the boot partition's top folder, and which files of the system are there. */
export interface Seen {
  readonly boot: readonly string[]
  readonly root: readonly string[]
}

/** Files of the system that tell who reads the boot partition. Any one of a list is enough. */
export const readers: Readonly<Record<Format, readonly string[]>> = {
  'rpi-preseed': ['/usr/lib/systemd/system/rpi-preseed.service', '/usr/sbin/rpi-preseed', '/usr/bin/rpi-preseed'],
  'cloud-init': ['/usr/bin/cloud-init'],
  firstrun: ['/usr/lib/raspberrypi-sys-mods/imager_custom', '/usr/lib/raspberrypi-sys-mods/firstboot'],
}

/**
 * Which of them an image has: by the program that will read what is written, not by the image's name. Imager 1.x took the wrong one for
 * trixie, and the card started with none of what it was told.
 * @throws Failed where there is none, or two of them and nothing that decides
 */
export function detect(seen: Seen, file: string): Format {
  const there = formats.filter(format => readers[format].some(path => seen.root.includes(path)))
  // Images with cloud-init have its files already. Where it is installed and they are not, it may be switched off.
  const awaited = there.filter(format => format !== 'cloud-init' || seen.boot.includes('user-data') || seen.boot.includes('meta-data'))
  const [first] = awaited.includes('rpi-preseed') ? (['rpi-preseed'] as const) : awaited
  if (first) return first
  throw new Failed({
    message: there.includes('cloud-init')
      ? `${file} has cloud-init, and no user-data for it on the boot partition: it may be switched off`
      : `nothing in ${file} reads settings from the boot partition at the first start`,
    hint: there.includes('cloud-init')
      ? 'if you know that it is on: --format cloud-init'
      : `take an image of Raspberry Pi OS, or say who reads them: --format ${formats.join(' | ')}`,
  })
}
