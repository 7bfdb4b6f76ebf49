import { expect, test } from 'vitest'
import { detect } from '../../../image/detect.ts'
import { partitions } from '../../../image/partitions.ts'

const mods = '/usr/lib/raspberrypi-sys-mods/imager_custom'
test.each([
  ['bookworm', ['cmdline.txt'], [mods], 'firstrun'],
  ['trixie of October 2025', ['cmdline.txt', 'issue.txt'], [mods], 'firstrun'],
  ['trixie since', ['cmdline.txt', 'user-data', 'meta-data'], [mods, '/usr/bin/cloud-init'], 'cloud-init'],
  ['cloud-init installed and switched off, the old way still there', ['cmdline.txt'], [mods, '/usr/bin/cloud-init'], 'firstrun'],
  ['one with rpi-preseed', ['user-data'], [mods, '/usr/bin/cloud-init', '/usr/lib/systemd/system/rpi-preseed.service'], 'rpi-preseed'],
])('%s', (_, boot, root, format) => {
  expect(detect({ boot, root }, 'base.img')).toBe(format)
})

test('an image that nobody would read is refused, with what to do', () => {
  expect(() => detect({ boot: [], root: [] }, 'base.img')).toThrow('nothing in base.img reads settings')
  expect(() => detect({ boot: [], root: ['/usr/bin/cloud-init'] }, 'base.img')).toThrow('it may be switched off')
})

test('the partitions of an image', () => {
  const table = Buffer.alloc(512)
  table.writeUInt16LE(0xaa55, 510)
  const entry = (index: number, type: number, start: number, size: number) => {
    table[446 + 16 * index + 4] = type
    table.writeUInt32LE(start, 446 + 16 * index + 8)
    table.writeUInt32LE(size, 446 + 16 * index + 12)
  }
  expect(() => partitions(table, 'x.img')).toThrow('it has no FAT partition')
  entry(0, 0x0c, 8192, 1048576)
  expect(() => partitions(table, 'x.img')).toThrow('it has no Linux partition')
  entry(1, 0x83, 1056768, 4_194_304)
  expect(partitions(table, 'x.img')).toEqual({ boot: { offset: 4194304, size: 536870912 }, root: { offset: 541065216, size: 2147483648 } })
  entry(2, 0xee, 1, 1)
  expect(() => partitions(table, 'x.img')).toThrow('GPT')
  expect(() => partitions(Buffer.alloc(100), 'x.img')).toThrow('no partition table')
})
