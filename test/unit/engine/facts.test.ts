import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { factsScript, parseFacts } from '../../../engine/facts.ts'
import { bash } from './bash.ts'

const output = `Welcome! cores=99
#facts
release=bookworm
architecture=armhf
kernel=6.6.51+rpt-rpi-v7
hostname=producer1
bootId=0b6c
model=Raspberry Pi 2 Model B Rev 1.1
cores=4
MemTotal=943000
MemAvailable=700000
SwapTotal=0
disk=30000 1000 / 
disk=500000 400000 /mnt/ssd /var/lib/data
thermal=48312 /sys/class/thermal/thermal_zone0/temp
thermal=-1000 /sys/class/thermal/thermal_zone1/temp
`

test('reads what a Pi says; what its login prints before does not count', () => {
  expect(parseFacts(output)).toMatchObject({
    release: 'bookworm',
    architecture: 'armhf',
    kernel: '6.6.51+rpt-rpi-v7',
    hostname: 'producer1',
    model: 'Raspberry Pi 2 Model B Rev 1.1',
    cores: 4,
    memory: 943000 * 1024,
    memoryAvailable: 700000 * 1024,
    swap: 0,
    disks: [
      { path: '/', mount: '/', size: 30000 * 1024, free: 1024000 },
      { path: '/var/lib/data', mount: '/mnt/ssd', size: 500000 * 1024, free: 400000 * 1024 },
    ],
    bootId: '0b6c',
    thermal: { '/sys/class/thermal/thermal_zone0/temp': 48312, '/sys/class/thermal/thermal_zone1/temp': -1000 },
  })
})

test('where there is no board, no sensor and no swap, it says so', () => {
  expect(parseFacts('#facts\narchitecture=amd64\nmodel=\ncores=\n')).toMatchObject({ model: '', cores: 1, memory: 0, thermal: {} })
})

test('an overlay in memory is told from one on a card by how the kernel was started', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'facts-'))
  const asked = (cmdline: string, mounts: string) => {
    writeFileSync(`${at}/cmdline`, cmdline)
    writeFileSync(`${at}/mounts`, mounts)
    return parseFacts(
      `${bash(factsScript.replaceAll('/proc/cmdline', `${at}/cmdline`).replaceAll('/proc/mounts', `${at}/mounts`)).stdout}\narchitecture=arm64\n`,
    ).volatileRoot
  }
  try {
    const overlay = 'proc /proc proc rw 0 0\noverlay / overlay rw,lowerdir=/lower 0 0\n'
    expect(
      ['console=tty1 boot=overlay rootwait\n', 'overlayroot=tmpfs:recurse=0\n', 'console=tty1\n'].map(line => asked(line, overlay)),
    ).toEqual([true, true, undefined])
    expect(asked('boot=overlay\n', '/dev/mmcblk0p2 / ext4 rw 0 0\n')).toBeUndefined()
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('a host that is no Debian, or of a foreign kind, is refused in words', () => {
  expect(() => parseFacts('#facts\narchitecture=\n')).toThrow(
    'this host runs no Debian (dpkg is missing); Raspberry Pi OS or Debian on amd64, arm64, armhf is needed',
  )
  expect(() => parseFacts('#facts\narchitecture=riscv64\n')).toThrow('this host runs riscv64;')
  expect(() => parseFacts('')).toThrow('no Debian')
})

test.skipIf(!existsSync('/usr/bin/dpkg'))('asked of this machine', () => {
  const { code, stdout, stderr } = bash(
    factsScript.replace('\nprintf \'architecture=%s\\n\' "$(dpkg --print-architecture)"', "\nprintf 'architecture=amd64\\n'"),
  )
  expect(stderr).toBe('')
  expect(code).not.toBe(127)
  const facts = parseFacts(stdout)
  expect(facts.hostname).toBe(hostname())
  expect(facts.memory).toBeGreaterThan(facts.memoryAvailable)
  expect(facts.cores).toBeGreaterThan(0)
  expect(facts.disks[0]).toMatchObject({ path: '/', mount: '/' })
  expect(facts.disks[0]?.size).toBeGreaterThan(facts.disks[0]?.free ?? Infinity)
  expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/)
})
