import { expect, test } from 'vitest'
import { parseFleet } from '../../../../engine/inventory/parse.ts'
import type { Fleet } from '../../../../engine/inventory/types.ts'
import { resolveSsh, type SshSurroundings, type SshTarget } from '../../../../engine/ssh/config.ts'
import { parseSshG, type Stated } from '../../../../engine/ssh/ssh-g.ts'

const parse = (text: string): Fleet => parseFleet(text, '/project/hosts/pi.yaml', {}, { home: '/home/me' })

/** Surroundings in which ssh_config says of each name what `configs` says, in the words of `ssh -G`. */
function around(
  configs: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = {},
): SshSurroundings & { readonly asked: [string, Stated][] } {
  const asked: [string, Stated][] = []
  return {
    asked,
    home: '/home/me',
    env,
    user: 'me',
    ask: (name, stated) => {
      if (!(name in configs)) return Promise.resolve(undefined)
      asked.push([name, stated])
      const own = `hostname ${stated.address ?? name}\nuser ${stated.user ?? 'me'}\nport ${stated.port ?? 22}\n`
      return Promise.resolve(parseSshG(`${configs[name]}\n${own}userknownhostsfile /home/me/.ssh/known_hosts\n`))
    },
    exists: file => Promise.resolve(!file.includes('missing')),
  }
}

const resolve = async (fleet: Fleet, name: string, surroundings: SshSurroundings = around()): Promise<SshTarget> => {
  const host = fleet.hosts.find(candidate => candidate.name === name)
  if (!host) throw new Error(`no host ${name}`)
  return resolveSsh(host, fleet, surroundings)
}
const brief = ({ user, address, port }: { user: string; address: string; port: number }): string => `${user}@${address}:${port}`

test('where ssh is not installed, the usual files and the inventory are all there is', async () => {
  const surroundings = around({}, { SSH_AUTH_SOCK: '/run/agent' })
  expect(await resolve(parse('fleet: pi\nhosts: {a: {address: 10.0.0.1}}'), 'a', surroundings)).toEqual({
    name: 'a',
    address: '10.0.0.1',
    port: 22,
    user: 'pi',
    knownAs: { host: '10.0.0.1', port: 22 },
    identities: ['/home/me/.ssh/id_ed25519', '/home/me/.ssh/id_ecdsa', '/home/me/.ssh/id_rsa'],
    identitiesOnly: false,
    agent: '/run/agent',
    knownHosts: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
    globalKnownHosts: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    via: [],
  })
  expect(surroundings.asked).toEqual([])
})

test('ssh_config fills what the inventory leaves open', async () => {
  const surroundings = around(
    {
      a: 'user root\nport 2200\nproxyjump gw.example\nidentityfile ~/.ssh/%h-%r\nidentityfile /missing\nidentityagent ${HOME}/agent\nidentitiesonly yes\nhostkeyalias pi-a',
    },
    { HOME: '/home/me' },
  )
  expect(await resolve(parse('fleet: pi\nhosts: {a: {address: 10.0.0.1}}'), 'a', surroundings)).toMatchObject({
    user: 'root',
    port: 2200,
    knownAs: { host: 'pi-a', port: 22 },
    identities: ['/home/me/.ssh/10.0.0.1-root'],
    identitiesOnly: true,
    agent: '/home/me/agent',
    knownHosts: ['/home/me/.ssh/known_hosts'],
    via: [{ address: 'gw.example', user: 'me' }],
  })
})

test('the inventory wins', async () => {
  const surroundings = around({ a: 'user root\nport 2200\nproxycommand nc %h %p\nidentityfile ~/.ssh/x' })
  const text = `fleet: pi
ssh: { identity: ~/.ssh/fleet, knownHosts: known }
hosts: { a: { address: 10.0.0.1, user: pi, port: 22, jump: [] } }`
  expect(await resolve(parse(text), 'a', surroundings)).toMatchObject({
    user: 'pi',
    port: 22,
    identities: ['/home/me/.ssh/fleet'],
    knownHosts: ['/project/hosts/known'],
    globalKnownHosts: [],
    via: [],
  })
  expect(surroundings.asked).toEqual([['a', { address: '10.0.0.1', user: 'pi', port: 22, way: true }]])
})

test('jumps come outermost first, and those of the first jump before it', async () => {
  const text = `fleet: pi
hosts:
  outer: { address: 10.0.0.1, user: o }
  gateway: { address: 10.0.0.2, user: g, jump: outer, port: 2222 }
  a: { address: 10.0.0.3, jump: [gateway, "me@[fe80::1]:2200"] }
  b: { address: 10.0.0.4, jump: "x.example" }`
  const fleet = parse(text)
  expect((await resolve(fleet, 'a')).via.map(brief)).toEqual(['o@10.0.0.1:22', 'g@10.0.0.2:2222', 'me@fe80::1:2200'])
  const config = around({ 'x.example': 'hostname 10.9.9.9\nproxyjump y@far.example:2022\nuser xx' })
  expect((await resolve(fleet, 'b', config)).via.map(brief)).toEqual(['y@far.example:2022', 'xx@10.9.9.9:22'])
})

test('every host and hop is asked for: an ssh_config may say something of any', async () => {
  const asked: string[] = []
  const surroundings: SshSurroundings = { ...around(), ask: name => (asked.push(name), Promise.resolve(undefined)) }
  await resolve(parse('fleet: pi\nhosts: {a: {address: 10.0.0.1, jump: x.example}}'), 'a', surroundings)
  expect(asked).toEqual(['a', 'x.example'])
})

test('an identity of which only the public half is a file is kept: an agent may hold the rest', async () => {
  const surroundings: SshSurroundings = {
    ...around({ a: 'identityfile ~/.ssh/card\nidentitiesonly yes' }),
    exists: file => Promise.resolve(file.endsWith('card.pub')),
  }
  expect(await resolve(parse('fleet: pi\nhosts: {a: {address: 10.0.0.1}}'), 'a', surroundings)).toMatchObject({
    identities: ['/home/me/.ssh/card'],
    identitiesOnly: true,
  })
})

test('a ProxyCommand, a circle of ssh_config and a private key that is not there are refused', async () => {
  const fleet = parse('fleet: pi\nhosts: {a: {address: 10.0.0.1}}')
  await expect(resolve(fleet, 'a', around({ a: 'proxycommand nc %h %p' }))).rejects.toMatchObject({
    message: 'your ssh configuration reaches a by a ProxyCommand, which is not supported here',
    hint: 'use ProxyJump there, or write `jump:` in the inventory; `jump: []` means directly',
  })
  await expect(resolve(fleet, 'a', around({ a: 'proxyjump b.example', 'b.example': 'proxyjump a' }))).rejects.toThrow(
    'jumps go round in a circle: a → b.example → a',
  )
  await expect(resolve(parse('fleet: pi\nssh: {identity: missing}\nhosts: {a: {address: 10.0.0.1}}'), 'a')).rejects.toMatchObject({
    message: 'there is no private key /project/hosts/missing',
    hint: 'the inventory names it under ssh: identity',
  })
})
