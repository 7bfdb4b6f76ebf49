import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lineCommand } from '../../../lab/delay/tap.ts'
import { Wire } from '../../../lab/delay/wire.ts'
import { bootCommand, joined } from '../../../lab/host/boot.ts'
import { makeCard, mountRoot } from '../../../lab/host/card.ts'
import { knownLine } from '../../../lab/host/keys.ts'
import { ownFiles } from '../../../lab/host/personal.ts'
import { namespacePids } from '../../../lab/host/process.ts'
import { execGroups, insideCommand } from '../../../lab/inside.ts'
import { locked } from '../../../lab/lock.ts'
import { parseMounts } from '../../../lab/mounts.ts'
import { hostPaths } from '../../../lab/paths.ts'
import { neededPackages } from '../../../lab/packages.ts'
import { ownRule } from '../../../lab/root/binfmt.ts'
import { buildCommand, type Recipe, rootName } from '../../../lab/root/recipe.ts'
import { labFleet, labHost } from '../../lab/labtest.ts'

const paths = hostPaths('lab', 'a')
const recipe: Recipe = {
  release: 'bookworm',
  arch: 'armhf',
  sources: ['deb http://m.example/debian bookworm main'],
  settings: ['Acquire::Retries "3";'],
  certificates: '',
}

describe('booting', () => {
  it('is one nspawn in the groups of the host', () => {
    const command = bootCommand({ host: 'a', machine: 'tf1-a', root: paths.root, netns: 'tf1-a', board: paths.board })
    expect(command[0]).toBe('systemd-nspawn')
    expect(command).toContain('--network-namespace-path=/run/netns/tf1-a')
    expect(command.slice(-2)).toEqual(['--bind=/var/lib/temperature-fleet/lab/lab/hosts/a/board:/run/host/board', '/run/host/board/init'])
    expect(joined(['/g/1', '/g/2'], ['true', 'x y']).slice(3)).toEqual(['join', '/g/1', '/g/2', '--', 'true', 'x y'])
  })

  it('uses a card of its own over the shared root file system', () => {
    expect(makeCard('/c.img').map(command => command.join(' '))).toEqual([
      'truncate --size 8589934592 /c.img',
      'mkfs.ext4 -q -F -m 0 -O ^has_journal -E lazy_itable_init=1,nodiscard /c.img',
    ])
    expect(mountRoot(paths, '/cache/x', 'tf1-a').join(' ')).toBe(
      `mount -t overlay tf1-a -o lowerdir=/cache/x,upperdir=${paths.disk}/upper,workdir=${paths.disk}/work ${paths.root}`,
    )
  })

  it('builds a root under a lock that ends with its builder', () => {
    const command = buildCommand(recipe, '/cache/.new', '/cache/.lock')
    expect(command.slice(0, 15).join(' ')).toBe(
      'flock --no-fork --nonblock --conflict-exit-code 75 /cache/.lock setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc',
    )
    expect(command).toContain('--architectures=armhf')
    expect(command.slice(-3)).toEqual(['bookworm', '/cache/.new', 'deb http://m.example/debian bookworm main'])
  })

  it('names a root after all that it depends on', () => {
    expect(rootName(recipe)).toMatch(/^bookworm-armhf-[0-9a-f]{12}$/)
    expect(rootName({ ...recipe, certificates: 'other' })).not.toBe(rootName(recipe))
  })

  it('needs qemu only for foreign hosts', () => {
    expect(neededPackages(labFleet([labHost('a', 2)]))).not.toContain('qemu-user-static')
  })
})

describe('the rule for foreign programs', () => {
  it("is Debian's, and lets sudo change its user", () => {
    const debian = ':qemu-arm:M::\\x7f\\x45\\x4c:\\xff\\xff\\xff:/usr/libexec/qemu-binfmt/arm-binfmt-P:OPF\n'
    expect(ownRule(debian, 'arm')).toBe(
      ':temperature-fleet-arm:M::\\x7f\\x45\\x4c:\\xff\\xff\\xff:/usr/libexec/qemu-binfmt/arm-binfmt-P:OPFC',
    )
    expect(ownRule('', 'arm')).toBeUndefined()
  })
})

describe("a host's own files", () => {
  const path = (file: { readonly path: string }): string => file.path
  const exporter = '/etc/systemd/system/prometheus-node-exporter.service.d/zz-board.conf'

  it('are few', () => {
    expect(ownFiles(labHost('a', 2), 'KEY\n', '', { host: 1, machine: 2 }).map(path)).toEqual([
      '/etc/hostname',
      '/etc/hosts',
      '/etc/machine-id',
      '/etc/resolv.conf',
      '/root/.ssh/authorized_keys',
      '/etc/default/locale',
      exporter,
    ])
  })

  it('are one less where /proc of a service is that of its host', () => {
    const files = ownFiles(labHost('a', 2, { os: 'trixie' }), 'KEY\n', '', { host: 1, machine: 2 }).map(path)
    expect(files).not.toContain(exporter)
    expect(files.length).toBe(6)
  })

  it('make sudo ask, sshd listen elsewhere and nproc count right, where wanted', () => {
    const files = ownFiles(labHost('a', 2, { port: 2222, lab: { sudoPassword: 'x' } }), 'KEY\n', '', { host: 4, machine: 2 })
    expect(files.map(path).slice(6)).toEqual([
      '/etc/ssh/sshd_config.d/port.conf',
      '/etc/sudoers.d/010_pi-nopasswd',
      exporter,
      '/usr/local/bin/nproc',
    ])
    expect(files.some(({ content }) => content.includes('NOPASSWD'))).toBe(false)
  })

  it('include a pinned host key', () => {
    expect(knownLine({ address: '10.0.0.2', port: 22 }, 'ssh-ed25519 AAAA a\n')).toBe('10.0.0.2 ssh-ed25519 AAAA\n')
    expect(knownLine({ address: '10.0.0.2', port: 2222 }, 'ssh-ed25519 AAAA a\n')).toBe('[10.0.0.2]:2222 ssh-ed25519 AAAA\n')
  })
})

describe('looking into a host', () => {
  it('finds its first process', () => {
    expect(namespacePids('Name:\tsystemd\nNSpid:\t4711\t1\n')).toEqual([4711, 1])
    expect(namespacePids('Name:\tkthread\n')).toEqual([])
  })

  it('enters all its namespaces with a clean environment', () => {
    const command = insideCommand(4711, ['id'])
    expect(command.slice(0, 13).join(' ')).toBe('nsenter --target 4711 --mount --uts --ipc --net --pid --root --wd -- env -i')
    expect(command.at(-1)).toBe('id')
  })

  it('stays beside systemd in a v2 group', () => {
    expect(execGroups(['/sys/fs/cgroup/unified/tf1/a', '/sys/fs/cgroup/memory/tf1/a'], '/sys/fs/cgroup/unified')).toEqual([
      '/sys/fs/cgroup/unified/tf1/a/exec',
      '/sys/fs/cgroup/memory/tf1/a',
    ])
  })

  it('reads mounts with blanks in them', () => {
    expect(parseMounts('/dev/loop0 /mnt/a\\040b ext4 rw 0 0\n')).toEqual([{ from: '/dev/loop0', at: '/mnt/a b' }])
  })
})

describe('a bad cable', () => {
  it('gives frames back in order, each after the delay', () => {
    const queue = new Wire({ delay: 25 })
    queue.push(Buffer.from('a'), 100)
    queue.push(Buffer.from('b'), 110)
    expect(queue.wait(100)).toBe(25)
    expect(queue.due(124)).toEqual([])
    expect(queue.due(125).map(String)).toEqual(['a'])
    expect(queue.wait(125)).toBe(10)
    expect(queue.due(200).map(String)).toEqual(['b'])
    expect(queue.wait(200)).toBeUndefined()
  })

  it('drops what it has no room for, and keeps its place over many frames', () => {
    const queue = new Wire({}, Math.random, 2000)
    let out = 0
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 3000; i++) queue.push(Buffer.alloc(1), round)
      out += queue.due(round).length
    }
    expect(out).toBe(10_000)
  })

  it('loses the share it is told to', () => {
    const numbers = [0.1, 0.9, 0.19, 0.2, 0.5]
    const wire = new Wire({ loss: 0.2 }, () => numbers.shift() ?? 1)
    for (const name of ['a', 'b', 'c', 'd', 'e']) wire.push(Buffer.from(name), 0)
    expect(wire.due(0).map(String)).toEqual(['b', 'd', 'e'])
  })

  it('lets no frame overtake another, however late that is', () => {
    const numbers = [1, 0, 0.5]
    const wire = new Wire({ delay: 10, jitter: 100 }, () => numbers.shift() ?? 0)
    for (const name of ['a', 'b', 'c']) wire.push(Buffer.from(name), 0)
    expect(wire.wait(0)).toBe(110)
    expect(wire.due(110).map(String)).toEqual(['a', 'b', 'c'])
  })

  it('takes the time that a slow cable needs for each frame, and drops what has to wait long', () => {
    const wire = new Wire({ bandwidth: 8000 })
    wire.push(Buffer.alloc(1000), 0)
    wire.push(Buffer.alloc(500), 0)
    expect(wire.wait(0)).toBe(1000)
    expect(wire.due(1000)).toHaveLength(1)
    expect(wire.wait(1000)).toBe(500)
    for (let i = 0; i < 1000; i++) wire.push(Buffer.alloc(1000), 1000)
    // The 500 bytes that are there, and what fits into 64 KiB with them.
    expect(wire.due(1e9)).toHaveLength(1 + 66)
  })

  it('is Node with two cards that perl opened', () => {
    const command = lineCommand('/usr/bin/node', '/x/delay.mjs', '/x/wire.json', 'tfv1', 'tfp1')
    expect(command.slice(3).join(' ')).toBe('tfv1 tfp1 /usr/bin/node --max-old-space-size=64 /x/delay.mjs /x/wire.json')
  })
})

describe('the lock of a lab', () => {
  it('lets one in at a time and says who is before', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lab-lock-'))
    const file = join(directory, 'lock')
    const order: string[] = []
    try {
      const first = locked(file, async () => {
        order.push('first in')
        await new Promise(resolve => setTimeout(resolve, 400))
        order.push('first out')
      })
      await new Promise(resolve => setTimeout(resolve, 150))
      await locked(
        file,
        async () => void order.push('second in'),
        owner => order.push(owner.replace(/ since .*/, '')),
      )
      await first
      expect(order).toEqual(['first in', `process ${process.pid}`, 'first out', 'second in'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
