import { describe, expect, it } from 'vitest'
import { netemArguments, netemCommands } from '../../../lab/delay/netem.ts'
import { identityOf } from '../../../lab/identity.ts'
import { octetOf, subnetOf } from '../../../lab/network/addressing.ts'
import { makeBridge, makeLink, plugIn } from '../../../lab/network/bridge.ts'
import { chains } from '../../../lab/network/nat.ts'
import { spliceCommands } from '../../../lab/network/shape.ts'
import { reachableResolvConf } from '../../../lab/network/resolv.ts'
import { labFleet, labHost } from '../../lab/labtest.ts'

const id = identityOf('lab')
const subnet = { base: '10.77.0', gateway: '10.77.0.1', cidr: '10.77.0.0/24' }
const text = (commands: readonly (readonly string[])[]): string[] => commands.map(command => command.join(' '))

describe('the identity of a lab', () => {
  it('is another for another fleet, and the same for the same', () => {
    expect(identityOf('lab').prefix).toBe(id.prefix)
    expect(identityOf('labtest').prefix).not.toBe(id.prefix)
  })

  it('gives the bridge an Ethernet address of its own', () => {
    expect(id.mac).toMatch(/^02(:[0-9a-f]{2}){5}$/)
    expect(identityOf('labtest').mac).not.toBe(id.mac)
  })

  it('gives network devices names the kernel takes', () => {
    for (const name of [id.bridge, id.link(254), id.peer(254)]) expect(name.length).toBeLessThanOrEqual(15)
  })
})

describe("a lab's addresses", () => {
  it('are those of one /24', () => {
    expect(subnetOf(labFleet([labHost('a', 2), labHost('b', 254)]))).toEqual({
      base: '10.78.1',
      gateway: '10.78.1.1',
      cidr: '10.78.1.0/24',
    })
    expect(octetOf('10.78.1.17')).toBe(17)
  })

  it('are refused otherwise, each host with its reason', () => {
    const fleet = labFleet([
      labHost('a', 2),
      labHost('b', 1),
      labHost('c', 3, { address: '10.79.1.3' }),
      labHost('d', 4, { address: 'd.local' }),
      labHost('e', 255),
    ])
    expect(() => subnetOf(fleet)).toThrow(`This fleet cannot be a lab:
  b: 10.78.1.1 is the lab's own address
  c: 10.79.1.3 is not in 10.78.1.0/24 like the first host
  d: d.local is not a private IPv4 address
  e: 10.78.1.255 is no address of a host`)
    expect(() => subnetOf(labFleet([]))).toThrow('has no hosts')
  })
})

describe('network commands', () => {
  it('make a bridge', () => {
    expect(text(makeBridge(id, subnet))).toEqual([
      `ip link add ${id.bridge} address ${id.mac} type bridge`,
      `ip address add 10.77.0.1/24 dev ${id.bridge}`,
      `ip link set ${id.bridge} up`,
    ])
  })

  it('plug a host in', () => {
    const [link, peer] = [id.link(11), id.peer(11)]
    expect(makeLink(link, peer).join(' ')).toBe(`ip link add ${link} type veth peer name ${peer}`)
    expect(text(plugIn(id, subnet, 'producer1', '10.77.0.11', link, peer))).toEqual([
      `ip link set ${peer} netns ${id.prefix}-producer1`,
      `ip -n ${id.prefix}-producer1 link set ${peer} name eth0`,
      `ip -n ${id.prefix}-producer1 link set lo up`,
      `ip -n ${id.prefix}-producer1 address add 10.77.0.11/24 dev eth0`,
      `ip -n ${id.prefix}-producer1 link set eth0 up`,
      `ip -n ${id.prefix}-producer1 route add default via 10.77.0.1`,
      `ip link set ${link} master ${id.bridge} up`,
    ])
  })

  it('translate addresses in a chain of its own', () => {
    const [nat, filter] = chains(id, subnet)
    expect(text([...(nat?.fill ?? []), nat?.jump ?? []])).toEqual([
      `iptables -w 10 -t nat -F ${id.chain}`,
      `iptables -w 10 -t nat -A ${id.chain} -s 10.77.0.0/24 ! -d 10.77.0.0/24 -j MASQUERADE`,
      `iptables -w 10 -t nat -I POSTROUTING -m comment --comment ${id.prefix} -j ${id.chain}`,
    ])
    expect(text(filter?.fill ?? []).at(-1)).toBe(`iptables -w 10 -t filter -A ${id.chain} -o ${id.prefix}+ -j ACCEPT`)
  })

  it('delay both directions with netem', () => {
    expect(text(netemCommands('tfv11', 'tf-p1', { delay: 25 }))).toEqual([
      'tc qdisc replace dev tfv11 root netem delay 25ms limit 100000',
      'tc -n tf-p1 qdisc replace dev eth0 root netem delay 25ms limit 100000',
    ])
  })
})

describe('a bad cable', () => {
  it('is made by netem where the kernel has it', () => {
    expect(netemArguments({ delay: 20, jitter: 10, loss: 0.25, bandwidth: 1e6 }).join(' ')).toBe(
      'delay 25ms 5ms loss 25% rate 1000000bit limit 100000',
    )
    expect(netemArguments({ loss: 0.5 }).join(' ')).toBe('loss 50% limit 100000')
  })

  it('is put between a link and the bridge, from the bridge on, so that the link is cut for one command only', () => {
    const name = (letter: string): string => `${id.prefix}${letter}11`
    expect(text(spliceCommands(id, 11)).slice(2)).toEqual([
      `ip link set ${name('n')} master ${name('s')} up`,
      `ip link set ${name('f')} master ${id.bridge} up`,
      `ip link set ${name('v')} master ${name('s')}`,
    ])
  })
})

describe('resolv.conf of a host', () => {
  it('leaves out name servers that only the machine reaches', () => {
    const stub = 'nameserver 127.0.0.53\noptions edns0\n'
    const real = '# upstream\nnameserver 10.0.0.2\nsearch example.org\n'
    expect(reachableResolvConf([stub, real])).toEqual({ text: 'nameserver 10.0.0.2\nsearch example.org\n', servers: 1 })
    expect(reachableResolvConf([stub, ''])).toEqual({ text: '', servers: 0 })
  })
})
