import { describe, expect, it } from 'vitest'
import { cpuinfo, cpuList, deviceTreeModel } from '../../../lab/board/identity-files.ts'
import { meminfo, stat } from '../../../lab/board/proc.ts'
import { reading, warm } from '../../../lab/board/temperature.ts'

const MiB = 2 ** 20

describe("a host's /proc/meminfo", () => {
  const text = meminfo(512 * MiB, { charged: 200 * MiB, cache: 50 * MiB, user: 0, system: 0 })

  it('shows its limit and what its group uses', () => {
    expect(text).toContain('MemTotal:         524288 kB\n')
    expect(text).toContain('MemFree:          319488 kB\n')
    expect(text).toContain('MemAvailable:     370688 kB\n')
  })

  it('keeps its length, as it is overwritten in place', () => {
    expect(meminfo(512 * MiB, { charged: 0, cache: 0, user: 0, system: 0 })).toHaveLength(text.length)
  })
})

describe("a host's /proc/stat", () => {
  it('is fully busy at its whole share', () => {
    expect(stat(10, { user: 3, system: 1 }, 0.4, 4, 1000)).toBe(`cpu  3000 0 1000 0 0 0 0 0 0 0
cpu0 750 0 250 0 0 0 0 0 0 0
cpu1 750 0 250 0 0 0 0 0 0 0
cpu2 750 0 250 0 0 0 0 0 0 0
cpu3 750 0 250 0 0 0 0 0 0 0
intr 0
ctxt 0
btime 1000
processes 0
procs_running 1
procs_blocked 0
`)
  })

  it('never has negative idle time', () => {
    expect(stat(1, { user: 5, system: 0 }, 0.5, 1, 0)).toContain('cpu0 1000 0 0 0 ')
  })
})

describe("a host's board", () => {
  it('is named as its firmware does', () => {
    expect(deviceTreeModel('rpi3b+')).toBe('Raspberry Pi 3 Model B Plus Rev 1.3\0')
    expect(deviceTreeModel('rpi4-2g')).toBe('Raspberry Pi 4 Model B Rev 1.4\0')
  })

  it('lists its cores', () => {
    expect(cpuinfo('rpi2b', 4).match(/^processor/gm)).toHaveLength(4)
    expect(cpuinfo('rpi2b', 4)).toContain('Model\t\t: Raspberry Pi 2 Model B Rev 1.1\n')
    expect([cpuList(1), cpuList(4)]).toEqual(['0\n', '0-3\n'])
  })
})

describe('the simulated sensor', () => {
  it('warms up under load and cools down after it', () => {
    const hot = Array.from({ length: 120 }).reduce<{ warmth: number }>(thermal => warm(thermal, 1, 1), { warmth: 0 })
    expect(hot.warmth).toBeGreaterThan(0.95)
    expect(warm(hot, 0, 30).warmth).toBeLessThan(0.4)
  })

  it('reads plausible values of five digits, in steps', () => {
    for (const warmth of [0, 0.5, 1]) {
      for (let now = 0; now < 1000; now += 50) {
        const value = reading({ warmth }, now, 1.7, 0.9)
        expect(value % 487).toBe(0)
        expect(value).toBeGreaterThan(38_000)
        expect(value).toBeLessThan(72_000)
      }
    }
  })
})
