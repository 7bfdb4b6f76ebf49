import { describe, expect, it } from 'vitest'
import { parseMounts } from '../../../lab/cgroup/hierarchies.ts'
import { cpusFor, settingsFor } from '../../../lab/cgroup/settings.ts'
import { parseUsage } from '../../../lab/cgroup/usage.ts'
import { limits, limitsOf } from '../../../lab/limits.ts'
import { labFleet, labHost } from '../../lab/labtest.ts'

const v1 = parseMounts(`cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0`)
const v2 = parseMounts('cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0')
const quarter = { memory: 2 ** 29, cpu: 0.25, cores: 1, why: '' }

describe('limits of a host', () => {
  it("are its model's", () => {
    expect(limitsOf(labHost('a', 2, { model: 'rpi1b' }))).toEqual({
      memory: 2 ** 29,
      cpu: 0.15,
      cores: 1,
      why: 'model rpi1b, its RAM, its usual share',
    })
  })

  it("are the inventory's where it says", () => {
    expect(limitsOf(labHost('a', 2, { lab: { cpu: 1, memory: 2 ** 28 } }))).toMatchObject({
      memory: 2 ** 28,
      cpu: 1,
      cores: 4,
      why: expect.stringContaining('no model given') as string,
    })
  })

  it.runIf(process.arch === 'x64')('leave an emulated processor a whole core', () => {
    expect(limitsOf(labHost('a', 2, { model: 'rpi1b', arch: 'armhf' })).cpu).toBe(1)
  })

  it('are refused for a model nobody knows', () => {
    expect(() => limitsOf(labHost('a', 2, { model: 'rpi9' }))).toThrow('Host a: no model called rpi9.')
  })

  it('are listed in the order of the inventory', () => {
    const rows = limits(labFleet([labHost('b', 3, { model: 'rpi5-8g' }), labHost('a', 2)]))
    expect(rows.map(({ host, model }) => `${host} ${model}`)).toEqual(['b rpi5-8g', 'a rpi3b+'])
  })
})

describe('cgroup settings', () => {
  it('of v1 go to each controller', () => {
    expect(settingsFor(v1, 'tf1/a', quarter, '1')).toEqual([
      { file: '/sys/fs/cgroup/memory/tf1/a/memory.limit_in_bytes', value: '536870912' },
      { file: '/sys/fs/cgroup/cpu,cpuacct/tf1/a/cpu.cfs_period_us', value: '20000' },
      { file: '/sys/fs/cgroup/cpu,cpuacct/tf1/a/cpu.cfs_quota_us', value: '5000' },
      { file: '/sys/fs/cgroup/cpuset/tf1/a/cpuset.cpus', value: '1' },
    ])
  })

  it('of v2 go to one group', () => {
    expect(settingsFor(v2, 'tf1/a', quarter, undefined)).toEqual([
      { file: '/sys/fs/cgroup/tf1/a/memory.max', value: '536870912' },
      { file: '/sys/fs/cgroup/tf1/a/memory.swap.max', value: '0' },
      { file: '/sys/fs/cgroup/tf1/a/cpu.max', value: '5000 20000' },
    ])
  })

  it('never ask for less time than the kernel gives', () => {
    expect(settingsFor(v2, 'tf1/a', { ...quarter, cpu: 0.001 }, undefined).at(-1)?.value).toBe('1000 20000')
  })

  it('keep small Pis on processors of their own', () => {
    expect([0, 1, 2].map(index => cpusFor(1, 2, index))).toEqual(['0', '1', '0'])
    expect(cpusFor(4, 6, 1)).toBe('0,1,4,5')
    expect(cpusFor(4, 4, 0)).toBeUndefined()
  })
})

describe('use of a group', () => {
  it('is read from v1', () => {
    const stat = 'cache 5\ntotal_active_file 100\ntotal_inactive_file 23\n'
    expect(parseUsage(1, '1000\n', stat, '2000000000\n', 'cpu user system\n0 20 10\n1 10 0\n')).toEqual({
      charged: 1000,
      cache: 123,
      user: 1.5,
      system: 0.5,
    })
  })

  it('is read from v2', () => {
    const cpu = 'usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\n'
    expect(parseUsage(2, '1000\n', 'anon 1\nactive_file 1\ninactive_file 2\n', cpu, cpu)).toEqual({
      charged: 1000,
      cache: 3,
      user: 2,
      system: 1,
    })
  })
})
