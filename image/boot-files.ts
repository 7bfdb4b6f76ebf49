import { Failed } from '../engine/errors.ts'
import type { Format } from './detect.ts'
import type { BootFile, FirstBoot } from './first-boot.ts'
import { cloudInitFiles } from './formats/cloud-init.ts'
import { firstrunFiles } from './formats/firstrun.ts'
import { preseedFiles } from './formats/preseed.ts'

/** What the boot partition has that decides about the files. */
export interface BootPartition {
  /** cmdline.txt as it is now. */
  readonly commandLine?: string
  /** Where the running Pi has the partition. */
  readonly mount: '/boot/firmware' | '/boot'
}

/**
 * The files of the boot partition that make this card a host of the fleet.
 * @throws Failed where the format cannot say what is asked for
 */
export function bootFiles(format: Format, card: FirstBoot, boot: BootPartition): readonly BootFile[] {
  if (format === 'cloud-init') return cloudInitFiles(card)
  if (format === 'rpi-preseed') {
    if (card.network?.interface === 'wlan0') {
      throw new Failed({
        message: 'rpi-preseed gives a fixed address to the cable only, not to Wi-Fi',
        hint: 'let the router give the address (a reservation), and take firstBoot.network out of the inventory',
      })
    }
    return preseedFiles(card)
  }
  if (boot.commandLine === undefined) throw new Failed({ message: 'the boot partition has no cmdline.txt' })
  return firstrunFiles(card, boot.commandLine, boot.mount)
}
