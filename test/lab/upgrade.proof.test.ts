import { types, type Client } from 'cassandra-driver'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { tlsFiles } from '../../roles/cassandra/config/yaml.ts'
import { able, eventually, expectPlain, inside, minutes, told, Workplace, type Told } from './engine-support.ts'
import { olderCassandra, olderRelease } from './older-project.ts'
import { proofs } from './proof.ts'
import { client } from './rows.ts'

const address = (last: number) => `10.78.145.${last}`
const at = { cass1: address(20), cass2: address(21), mysql: address(90), producer1: address(30) } as const
type Name = keyof typeof at

/** Packages of MariaDB under a lower version, as an older release of Debian's would be: what is in them is the same. */
const older = `set -e; rm -rf /root/older; mkdir /root/older; cd /root/older
v=$(dpkg-query -W -f '\${Version}' mariadb-server); old=1:10.11.1-0+older
for p in $(dpkg-query -W -f '\${Package} \${db:Status-Abbrev} \${source:Package}\\n' | awk '$2 == "ii" && $3 == "mariadb" {print $1}'); do apt-get download -q "$p" >/dev/null 2>&1; done
for d in *.deb; do dpkg-deb -R "$d" x; sed -i "s/$(printf %s "$v" | sed 's/[.+]/[&]/g')/$old/g" x/DEBIAN/control; rm "$d"; dpkg-deb -Znone -b x "$d" >/dev/null; rm -rf x; done
DEBIAN_FRONTEND=noninteractive dpkg -i --force-confold --force-downgrade *.deb >/dev/null 2>&1; dpkg-query -W -f '\${Version}' mariadb-server; echo " $v"`

/** `UPGRADE_ONLY=mariadb`: a fleet without Cassandra, in a third of the time. */
const withRing = process.env['UPGRADE_ONLY'] !== 'mariadb'
const nodes = withRing ? (['cass1', 'cass2'] as const) : []

/** Is anybody there? */
const answers = (host: string, port: number): Promise<boolean> =>
  new Promise(done => {
    const socket = connect({ host, port, timeout: 1500 })
    const end = (is: boolean) => {
      socket.destroy()
      done(is)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })

/** `npm run proof:upgrade`: some fifteen minutes. */
proofs('a fleet of older packages and products', { able, timeout: 40 * minutes }, () => {
  const place = new Workplace()
  const today = place.project
  const before = olderCassandra()
  let file: string
  let fleet: Fleet
  let versions: readonly string[] = []

  const on = (host: Name, script: string) => inside(fleet, host, script)
  const run = async (...words: string[]): Promise<Told> => told(await place.command('provision', [...words, '--inventory', file]))
  const well = async (...words: string[]): Promise<string> => {
    const ended = await run(...words)
    expect(ended.code, ended.text).toBe(0)
    expectPlain(ended)
    return ended.text
  }
  const inventory = (os: string) => {
    const host = (name: Name, roles: readonly string[], vars: object = {}) => ({
      address: at[name],
      user: 'pi',
      model: 'rpi3b',
      os: name === 'mysql' ? os : 'bookworm',
      roles: ['base', ...roles],
      lab: { cpu: 1.4 },
      vars,
    })
    const cassandra = { cassandra: { ringDelay: 5, replication: 2, weight: 1 } }
    return place.write(os, 'testupgrade', {
      hosts: {
        ...Object.fromEntries(nodes.map(name => [name, host(name, ['cassandra'], cassandra)])),
        mysql: host('mysql', ['mariadb']),
        producer1: host('producer1', ['collector'], {
          collector: { interval: 200, note: '{sequence}', backends: ['mariadb', ...(withRing ? ['cassandra'] : [])] },
        }),
      },
    })
  }
  const clientOf = async () => {
    const password = openSecrets(file, { preview: true, env: { ...process.env, ...place.env } }).get('cassandra/fleet')
    return client([at.cass1, at.cass2], password, await on('cass1', `cat ${tlsFiles.ca}`))
  }
  const release = (host: Name) => on(host, `basename /opt/cassandra/lib/cassandra-all-*.jar`)

  beforeAll(async () => {
    place.patience = 35 * minutes
    file = inventory('bookworm')
    fleet = await place.boot(file)
    place.project = before
    await well().catch(async (error: unknown) => {
      for (const node of nodes) console.log(`${node}:\n${await on(node, 'journalctl -u cassandra -o cat --no-pager -n 60 | cut -c1-300')}`)
      throw error
    })
    place.project = today
    versions = (await on('mysql', older)).split(' ')
    expect(versions[0]).toBe('1:10.11.1-0+older')
    await eventually(async () => Number(await on('mysql', `mariadb -N temperature -e 'SELECT COUNT(*) FROM reading'`)) > 50, 120)
  }, 45 * minutes)
  afterAll(async () => {
    rmSync(before, { recursive: true, force: true })
    await place.end(fleet)
  }, 2 * minutes)

  it('is told what would become newer, and nothing is changed; another release of Debian is refused in place', async () => {
    const check = await run('--upgrade', '--check')
    expect(check.code, check.text).toBe(2)
    expect(check.text).toMatch(/mariadb-server +1:10\.11\.1-0\+older +1:10\.11/)
    if (withRing) expect(check.text).toContain('/opt/cassandra')
    for (const node of nodes) expect(await release(node)).toBe(`cassandra-all-${olderRelease}.jar`)
    expect((await run('--upgrade')).code).toBe(64)
    const bookworm = file
    file = inventory('trixie')
    const refused = await run('--upgrade', '--yes')
    file = bookworm
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('mysql runs bookworm, and the inventory says trixie: a Debian release is not changed in place')
    expect(refused.text).toContain('fleet replace mysql')
  })

  it('gets the newer ones one host at a time, under load and killed once, and no acknowledged reading is lost', async () => {
    const doors = [...nodes.map(name => [name, 9042] as const), ['mysql', 3306] as const]
    let watching = true
    const outs: string[] = []
    let samples = 0
    const watch = (async () => {
      for (; watching; await pause(200)) {
        const out = (await Promise.all(doors.map(async ([name, port]) => ((await answers(at[name], port)) ? [] : [name])))).flat()
        samples++
        if (out.length > 0) outs.push(out.join('+'))
      }
    })()
    const began = Date.now()
    const first = place.command('provision', ['--upgrade', '--yes', '--json', '--inventory', file])
    let text = ''
    first.all?.on('data', (piece: Buffer) => {
      text += piece.toString()
      const lines = text.split('\n')
      if (
        lines.some(line => line.includes('"event":"changed"') && line.includes('archive /opt/cassandra') && line.includes('"host":"cass2"'))
      )
        first.kill('SIGKILL')
      // In the middle of what dpkg does there.
      if (!withRing && text.includes('mysql: upgrades')) setTimeout(() => first.kill('SIGKILL'), 3000)
    })
    const killed = await first
    expect(killed.signal, told(killed).text.slice(-3000)).toBe('SIGKILL')
    expect(told(killed).text).toContain('First a backup of')
    const last = await well('--upgrade', '--yes', '--no-backup')
    watching = false
    await watch
    const seconds = (Date.now() - began) / 1000
    expect(last).toContain('No backup of')
    for (const host of nodes) expect(await release(host)).not.toBe(`cassandra-all-${olderRelease}.jar`)
    expect(await on('mysql', `dpkg-query -W -f '\${Version}' mariadb-server`)).toBe(versions[1])

    // Every number that the agent gave away is in both stores, once.
    const last1 = Number(
      (JSON.parse(await on('producer1', 'collect queue --config /etc/collector/config.json --json')) as { last: number }).last,
    )
    const ring = withRing ? await clientOf() : undefined
    // Of all copies: one may still wait for what the other node keeps for it.
    const inRing = async (made: Client) =>
      (
        await made.execute('SELECT reading_note FROM reading', [], {
          consistency: types.consistencies.all,
          fetchSize: 5000,
          readTimeout: 60_000,
        })
      ).rows.map(row => Number(row['reading_note']))
    const stored = async () => ({
      mariadb: (await on('mysql', `mariadb -N temperature -e "SELECT reading_note FROM reading"`)).split('\n').map(Number),
      ...(ring && { cassandra: await inRing(ring) }),
    })
    let found = await stored()
    await eventually(async () => {
      found = await stored()
      return Object.values(found).every(numbers => numbers.includes(last1))
    }, 240)
    await ring?.shutdown()
    const missing = Object.fromEntries(
      Object.entries(found).map(([name, numbers]) => {
        const there = new Set(numbers)
        return [name, Array.from({ length: last1 }, (_, index) => index + 1).filter(number => !there.has(number))]
      }),
    )
    const figures = {
      seconds,
      samples,
      outs: [...new Set(outs)],
      times: Object.fromEntries([...new Set(outs)].map(who => [who, outs.filter(each => each === who).length])),
      acknowledged: last1,
      versions,
    }
    console.log(`upgrade: ${JSON.stringify(figures, undefined, 1)}`)
    expect(missing).toEqual({ mariadb: [], ...(withRing && { cassandra: [] }) })
    expect(outs.filter(out => out.includes('+'))).toEqual([])
    expect(outs.length).toBeGreaterThan(0)
    expect(await well('--upgrade', '--yes')).toContain('Nothing to upgrade')
  })
})
