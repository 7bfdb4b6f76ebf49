import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { start, temporary } from './project.ts'

/** A folder with an inventory, a key to log in with, and a place for known hosts. */
function place() {
  const folder = temporary()
  const key = ssh2.utils.generateKeyPairSync('ed25519')
  writeFileSync(join(folder, 'id'), key.private, { mode: 0o600 })
  const ssh = { identity: join(folder, 'id'), knownHosts: join(folder, 'known_hosts') }
  const hosts = { producer1: { address: '192.0.2.21', firstBoot: { timezone: 'Europe/Berlin' } } }
  writeFileSync(join(folder, 'home.yaml'), JSON.stringify({ fleet: 'home', ssh, hosts }))
  const image = (...args: string[]) =>
    start('image', ['--inventory', join(folder, 'home.yaml'), ...args], { env: { FLEET_IDENTITY: join(folder, 'identity') } })
  return { folder, key, image }
}

describe('the command line of image', () => {
  it('explains itself with examples', () => {
    expect(start('image', ['--help']).stdout).toMatch(/Examples:\n {2}image write producer1 /)
  })

  it('writes a seed with the key that logs in, and pins the host key it made', () => {
    const { folder, key, image } = place()
    const seed = join(folder, 'seed')
    const { code, stderr } = image('seed', 'producer1', '--out', seed)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(readdirSync(seed).sort()).toEqual(['meta-data', 'network-config', 'user-data'])
    const data = readFileSync(join(seed, 'user-data'), 'utf8')
    expect(data).toContain(key.public.split(' ').slice(0, 2).join(' '))
    expect(statSync(join(seed, 'user-data')).mode & 0o077).toBe(0)
    const known = readFileSync(join(folder, 'known_hosts'), 'utf8')
    expect(known).toMatch(/^192\.0\.2\.21 ssh-ed25519 \S+\n$/)
    expect(data).toContain(known.trim().split(' ')[2])
    // Again: the same card, and no second line.
    expect(image('seed', 'producer1', '--out', seed).code).toBe(0)
    expect(readFileSync(join(seed, 'user-data'), 'utf8')).toBe(data)
    expect(readFileSync(join(folder, 'known_hosts'), 'utf8')).toBe(known)
  })

  it.each([
    [['seed', 'producer', '--out', 'x'], 'there is no host producer in', 'did you mean "producer1"?'],
    [['write', 'producer1', '--base', '/nowhere.img', '--out', 'x.img'], 'there is no /nowhere.img', 'download one'],
    [['write', 'producer1', '--base', __filename, '--out', '/dev/null'], '/dev/null is no file', 'use custom'],
    [['write', 'producer1', '--base', __filename, '--out', __filename], 'is there already', '--force'],
    [['write', 'producer1', '--base', __filename, '--out', 'x.img', '--format', 'cloudinit'], 'there is no format cloudinit', 'cloud-init'],
  ])('refuses %j as wrong use', (args, message, hint) => {
    const { folder, image } = place()
    const { code, stderr } = image(...args)
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
    expect(code).toBe(64)
    expect(existsSync(join(folder, 'known_hosts'))).toBe(false)
  })
})
