import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import bcrypt from 'bcryptjs'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { parseFleet } from '../../../engine/inventory/parse.ts'
import { openSecrets } from '../../../engine/secrets/secrets.ts'
import { verify } from '../../../engine/ssh/known-hosts.ts'
import { readKnownHosts } from '../../../engine/ssh/known-hosts-file.ts'
import { cardOf } from '../../../image/card.ts'
import { makeHostKey, pin, readHostKey } from '../../../image/host-key.ts'
import { psk } from '../../../image/psk.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'image-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const secrets = () => openSecrets(path.join(folder, 'fleet.yaml'), { env: { FLEET_IDENTITY: path.join(folder, 'identity') }, home: folder })
function host(more: object, address = '192.168.1.21') {
  const fleet = {
    fleet: 'home',
    firstBoot: { timezone: 'Europe/Berlin', keyboard: 'fr' },
    groups: { room: { firstBoot: { keyboard: 'de' } } },
    hosts: { one: { address, groups: ['room'], ...more } },
  }
  const [first] = parseFleet(JSON.stringify(fleet), path.join(folder, 'fleet.yaml'), {}).hosts
  if (!first) throw new Error('no host')
  return first
}

// The vectors of IEEE 802.11i, annex H.4.
test.each([
  ['IEEE', 'password', 'f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e'],
  ['ThisIsASSID', 'ThisIsAPassword', '0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af'],
])('the key of Wi-Fi %s', (ssid, passphrase, key) => {
  expect(psk(ssid, passphrase)).toBe(key)
  expect(psk(ssid, key.toUpperCase())).toBe(key)
})

describe('the card of a host', () => {
  it('has what the inventory says, host before group, and keeps its host key', async () => {
    const store = secrets()
    store.set('wifi', 'correct horse')
    const one = host({
      firstBoot: {
        keyboard: 'us',
        wifi: { ssid: 'Haus', country: 'DE', password: { secret: 'wifi' } },
        network: { gateway: '192.168.1.1' },
      },
    })
    const { card, hostKey } = await cardOf(one, 'pi', ['ssh-ed25519 AAAA'], store)
    expect(card).toMatchObject({
      hostname: 'one',
      keyboard: 'us',
      timezone: 'Europe/Berlin',
      wifi: { ssid: 'Haus', psk: psk('Haus', 'correct horse'), hidden: false },
      network: { interface: 'wlan0', address: '192.168.1.21/24', gateway: '192.168.1.1', dns: ['192.168.1.1'] },
    })
    expect((await cardOf(one, 'pi', ['ssh-ed25519 AAAA'], secrets())).hostKey.public).toBe(hostKey.public)
  })

  it('hashes the password of sudo, the same each time, and another way on another Pi', async () => {
    const store = secrets()
    store.set('sudo', 'open sesame')
    const one = host({ sudoPassword: { secret: 'sudo' } })
    const hashOf = async (each: typeof one) => (await cardOf(each, 'pi', [], store)).card.user.passwordHash ?? ''
    expect(await hashOf(one)).toMatch(/^\$2b\$10\$/)
    expect(bcrypt.compareSync('open sesame', await hashOf(one))).toBe(true)
    expect(await hashOf(one)).toBe(await hashOf(one))
    expect(await hashOf({ ...one, name: 'two' })).not.toBe(await hashOf(one))
  })

  it('is refused where it cannot be true', async () => {
    await expect(cardOf(host({ firstBoot: { network: { gateway: '10.0.0.1' } } }, 'pi.local'), 'pi', [], secrets())).rejects.toThrow(
      'no IPv4 address',
    )
    const store = secrets()
    store.set('wifi', 'short')
    const wrong = host({ firstBoot: { wifi: { ssid: 'Haus', country: 'DE', password: { secret: 'wifi' } } } })
    await expect(cardOf(wrong, 'pi', [], store)).rejects.toThrow('the password of the Wi-Fi has 5 letters; WPA2 takes 8 to 63')
  })
})

describe('its host key', () => {
  const file = () => path.join(folder, 'known_hosts')
  const target = () => ({
    name: 'one',
    address: '192.168.1.21',
    port: 2222,
    user: 'pi',
    knownAs: { host: '192.168.1.21', port: 2222 },
    identities: [],
    identitiesOnly: false,
    knownHosts: [file()],
    globalKnownHosts: [],
    via: [],
  })

  it('is written down once, where the first connection looks', async () => {
    const key = readHostKey(makeHostKey('one'), 'one')
    expect(await pin(target(), key)).toBe(file())
    expect(await pin(target(), key)).toBeUndefined()
    expect(readFileSync(file(), 'utf8')).toMatch(/^\[192\.168\.1\.21\]:2222 ssh-ed25519 \S+\n$/)
    expect(verify(await readKnownHosts([file()]), '192.168.1.21', 2222, key.blob)).toEqual({ is: 'known' })
  })

  it('never takes the place of another one by itself', async () => {
    await pin(target(), readHostKey(makeHostKey('one'), 'one'))
    await expect(pin(target(), readHostKey(makeHostKey('one'), 'one'))).rejects.toMatchObject({
      code: 'known-hosts',
      hint: expect.stringContaining("ssh-keygen -R '[192.168.1.21]:2222'") as string,
    })
  })

  it('can be read, whichever it is', () => {
    for (let made = 0; made < 1500; made++) expect(() => readHostKey(makeHostKey('one'), 'one')).not.toThrow()
  })

  it('must be one', () => {
    expect(() => readHostKey('hello', 'one')).toThrow('the secret ssh-host-key/one is no private key')
  })
})
