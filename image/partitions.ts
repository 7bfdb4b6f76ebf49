import { Failed } from '../engine/errors.ts'

/** A partition of an image: where it begins and how long it is, in bytes. */
export interface Partition {
  readonly offset: number
  readonly size: number
}

/** The two partitions of an image for a Pi. */
export interface Partitions {
  /** FAT: what the firmware and the first start read. */
  readonly boot: Partition
  /** ext4: the system. */
  readonly root: Partition
}

const [fat, linux] = [new Set([0x06, 0x0b, 0x0c, 0x0e]), 0x83]

/**
 * The partitions by the table in an image's first 512 bytes (MBR: four entries of 16 bytes from 446, little endian, in sectors of 512).
 * @throws Failed where these are no image of a Pi
 */
export function partitions(start: Uint8Array, file: string): Partitions {
  const bytes = Buffer.from(start)
  const wrong = (what: string) =>
    new Failed({
      message: `${file} is no image for a Pi: ${what}`,
      hint: 'give a Raspberry Pi OS image as it is downloaded, .img or .img.xz',
    })
  if (bytes.length < 512 || bytes.readUInt16LE(510) !== 0xaa55) throw wrong('it has no partition table')
  const entries = [0, 1, 2, 3].map(index => bytes.subarray(446 + 16 * index, 462 + 16 * index))
  if (entries.some(entry => entry[4] === 0xee)) throw wrong('its partition table is a GPT, where a Pi’s image has an MBR')
  const find = (fits: (type: number) => boolean) => {
    const entry = entries.find(each => fits(each[4] ?? 0))
    return entry && { offset: entry.readUInt32LE(8) * 512, size: entry.readUInt32LE(12) * 512 }
  }
  const [boot, root] = [find(type => fat.has(type)), find(type => type === linux)]
  if (!boot) throw wrong('it has no FAT partition to start from')
  if (!root) throw wrong('it has no Linux partition')
  return { boot, root }
}
