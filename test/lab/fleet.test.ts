import { createConnection } from 'mariadb'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Host } from '../../engine/inventory/types.ts'
import { down, up } from '../../lab/index.ts'
import { proving } from './proof.ts'
import { changedOf, commandsFor, type Commands, eventsOf, eventually, inside, plannedOf } from './commands.ts'

const able = process.platform === 'linux' && process.getuid?.() === 0
const outage = proving ? 60 : 20
const minutes = 60_000
const producers = ['producer1', 'producer2', 'producer3'] as const

/** A producer's rows: how many, with how many different numbers, from which to which. */
interface Rows {
  readonly count: number
  readonly different: number
  readonly first: number
  readonly last: number
}

describe.runIf(able)('a fleet, provisioned', { timeout: 10 * minutes }, () => {
  let commands: Commands
  const passwords: Record<string, string> = {}
  const kept = async (name: string): Promise<string> => (await commands.run('secret', ['show', `mariadb/collector/${name}`])).stdout.trim()
  const said: string[] = []

  const provision = async (...words: string[]) => {
    const ended = await commands.run('provision', words)
    said.push(ended.stdout + ended.stderr)
    return ended
  }
  const on = (host: string, script: string) => inside(commands.fleet, host, script)
  const hostOf = (name: string): Host => commands.fleet.hosts.find(host => host.name === name) as Host
  const scrape = async (host: string, port: number): Promise<string> => {
    const answer = await fetch(`http://${hostOf(host).address}:${port}/metrics`, { signal: AbortSignal.timeout(20_000) })
    expect(answer.status).toBe(200)
    return answer.text()
  }
  const metric = (text: string, name: string): number => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1])
  const sql = (text: string) => on('mysql', `mariadb --batch --skip-column-names <<'.'\n${text}\n.`)
  const rowsOf = async (): Promise<Record<string, Rows>> => {
    const text = await sql(`SELECT reading_location, COUNT(*), COUNT(DISTINCT reading_note),
MIN(CAST(reading_note AS UNSIGNED)), MAX(CAST(reading_note AS UNSIGNED))
FROM temperature.reading GROUP BY reading_location;`)
    return Object.fromEntries(
      text
        .split('\n')
        .filter(Boolean)
        .map(line => {
          const [name = '', ...numbers] = line.split('\t')
          const [count = 0, different = 0, first = 0, last = 0] = numbers.map(Number)
          return [name, { count, different, first, last }]
        }),
    )
  }
  const hasAllReadings = async () => {
    const rows = await rowsOf()
    return producers.every(name => (rows[name]?.count ?? 0) > 20) ? rows : undefined
  }

  beforeAll(async () => {
    commands = await commandsFor('fleet.yaml')
    await down(commands.fleet)
    await up(commands.fleet)
  }, 20 * minutes)

  afterAll(async () => {
    if (!commands) return
    await down(commands.fleet)
    commands.remove()
  }, minutes)

  it('--check on empty hosts lists what the run then does, item by item', async () => {
    const traces =
      'ls -A /var/lib/provision /run/provision /etc/collector /opt 2>/dev/null; dpkg-query -W | sha256sum; find /etc -newer /etc/hostname -type f | wc -l'
    const before = await Promise.all(commands.fleet.hosts.map(({ name }) => on(name, traces)))
    const check = await provision('--check', '--json')
    expect(check.code, check.stderr).toBe(2)
    expect(await Promise.all(commands.fleet.hosts.map(({ name }) => on(name, traces)))).toEqual(before)

    const run = await provision('--json')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    const listed = plannedOf(eventsOf(check.stdout))
    expect(Object.keys(listed)).toEqual(['mysql', 'producer1', 'producer2', 'producer3'])
    expect(listed['mysql']).toContainEqual(expect.stringMatching(/^mariadb: certificate \S+: create for /))
    const lines = listed['mysql']?.join('\n')
    for (const name of producers)
      expect(lines).toContain(`mariadb account collector-${name}: create collector-${name}@${hostOf(name).address} `)
    expect(changedOf(eventsOf(run.stdout))).toEqual(listed)
    for (const name of producers) passwords[name] = await kept(name)
    for (const name of producers) expect(passwords[name]?.length).toBeGreaterThan(15)
    expect(new Set(Object.values(passwords)).size).toBe(producers.length)
    const seconds = eventsOf(run.stdout).flatMap(event => (event.event === 'finished' ? [`${event.host} ${event.seconds.toFixed(0)}`] : []))
    console.info(`first run: ${seconds.join(', ')} s`)
  })

  it('a second run changes nothing and says so', async () => {
    const again = await provision()
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('Nothing to change: every host is as wanted.')
    const check = await provision('--check', '--json')
    expect(check.code).toBe(0)
    expect(plannedOf(eventsOf(check.stdout))).toEqual({ mysql: [], producer1: [], producer2: [], producer3: [] })
    console.info(`no-change run of 4 hosts, one of them emulated: ${again.seconds.toFixed(1)} s`)
  })

  it('sets up what it says', async () => {
    for (const name of producers) {
      expect(
        await on(
          name,
          'systemctl is-active collector prometheus-node-exporter; systemctl is-enabled collector prometheus-node-exporter systemd-timesyncd',
        ),
      ).toBe('active\nactive\nenabled\nenabled\nenabled')
      expect(await on(name, 'stat -c "%a %U:%G" /etc/collector/mariadb-password; hostname')).toBe(`600 collector:collector\n${name}`)
      expect(await on(name, 'cat /etc/collector/mariadb-password')).toBe(passwords[name])
      const text = await scrape(name, 9464)
      expect(metric(text, 'collector_readings_total')).toBeGreaterThan(0)
      expect(metric(text, 'collector_temperature_celsius')).toBeGreaterThan(30)
    }
    expect(await on('producer3', 'dpkg --print-architecture; uname -m')).toMatch(/^armhf\narmv7/)
    // Its unit sees a /proc of its own, and so this machine's memory: only in the lab are the two different.
    for (const { name } of commands.fleet.hosts)
      expect(metric(await scrape(name, 9100), 'node_memory_MemTotal_bytes')).toBeGreaterThanOrEqual(2 ** 30)
    expect(await on('mysql', 'systemctl is-active mariadb prometheus-mysqld-exporter prometheus-node-exporter')).toBe(
      'active\nactive\nactive',
    )
    expect(metric(await scrape('mysql', 9104), 'mysql_up')).toBe(1)
    // On the fleet's address, and on no other.
    for (const [host, port] of [
      ['mysql', 9104],
      ['mysql', 9100],
      ['producer1', 9464],
    ] as const)
      expect(await on(host, `ss -Hltn "sport = :${port}" | awk '{print $4}'`)).toBe(`${hostOf(host).address}:${port}`)
    expect(await on('mysql', `ss -Hltn "sport = :3306" | awk '{print $4}' | sort`)).toBe(
      ['127.0.0.1:3306', `${hostOf('mysql').address}:3306`].sort().join('\n'),
    )
    for (const [host, unit] of [
      ['mysql', 'prometheus-mysqld-exporter'],
      ['mysql', 'prometheus-node-exporter'],
      ['producer1', 'collector'],
    ] as const)
      expect(
        Number(/level for \S+: ([\d.]+)/.exec(await on(host, `systemd-analyze security --no-pager ${unit}.service`))?.[1]),
      ).toBeLessThanOrEqual(4)
    expect(await on('mysql', 'grep -c producer /etc/hosts; tail -n 1 /var/lib/provision/journal.jsonl')).toMatch(/^3\n\{.*"did":/)
  })

  it('lets producers insert, and nobody do anything else', async () => {
    expect(await sql(`SELECT CONCAT(User, '@', Host) FROM mysql.global_priv WHERE User LIKE 'collector%' ORDER BY Host;`)).toBe(
      'collector-producer1@10.78.6.21\ncollector-producer2@10.78.6.22\ncollector-producer3@10.78.6.23',
    )
    for (const name of producers) {
      const grants = (await sql(`SHOW GRANTS FOR 'collector-${name}'@'${hostOf(name).address}';`)).split('\n')
      expect(grants).toHaveLength(2)
      expect(grants[0]).toMatch(/^GRANT USAGE ON \*\.\* .* REQUIRE SSL$/)
      expect(grants[1]).toBe(`GRANT SELECT, INSERT ON \`temperature\`.\`own_reading\` TO \`collector-${name}\`@\`${hostOf(name).address}\``)
    }
    const { address } = hostOf('mysql')
    await expect(
      createConnection({ host: address, user: 'collector-producer1', password: passwords['producer1'] ?? '', connectTimeout: 10_000 }),
    ).rejects.toThrow(/is not allowed to connect/)
    await expect(createConnection({ host: address, user: 'root', connectTimeout: 10_000 })).rejects.toThrow(/is not allowed to connect/)
    await expect(
      on('mysql', `MYSQL_PWD='${passwords['producer1']}' mariadb -h ${address} -u collector-producer1 -e 'SELECT 1'`),
    ).rejects.toThrow(/Access denied|not allowed/)
  })

  it('brings in the readings of all producers, the 32-bit ARM one among them', async () => {
    await eventually('readings of all producers', 180, hasAllReadings)
    const before = await rowsOf()
    const began = Date.now()
    await sleep(10_000)
    const after = await rowsOf()
    const seconds = (Date.now() - began) / 1000
    const rates = producers.map(name => `${name} ${(((after[name]?.count ?? 0) - (before[name]?.count ?? 0)) / seconds).toFixed(1)}`)
    console.info(`stored readings a second: ${rates.join(', ')}`)
    for (const name of producers) expect(after[name]?.count, name).toBeGreaterThan(before[name]?.count ?? 0)
  })

  it('tells how every role stands, and which one does not do its work', async () => {
    const all = await commands.run('status', [])
    expect(all.stderr).toBe('')
    expect(all.stdout).toMatch(
      /^mysql +mariadb +ok +[\d.]+ MiB of [\d.]+ MiB +.* MariaDB 10\.\d+\.\d+; last reading \S+ \d+ s, \S+ \d+ s, \S+ \d+ s ago$/m,
    )
    expect(all.stdout).toMatch(/^producer1 +exporters +ok /m)
    expect(all.stdout).toMatch(/^ +collector +ok .* \d+ readings since it started; \d+ wait$/m)
    expect(all.code).toBe(0)
    await on('producer1', 'systemctl stop prometheus-node-exporter')
    const some = await commands.run('status', ['producer1', '--json'])
    expect(some.code).toBe(1)
    const { roles } = (JSON.parse(some.stdout) as { producer1: { roles: { role: string; ok: boolean; wrong: string[] }[] } }).producer1
    expect(roles.map(({ role, ok, wrong }) => [role, ok, wrong])).toEqual([
      ['exporters', false, ['prometheus-node-exporter is inactive']],
      ['collector', true, []],
    ])
    await on('producer1', 'systemctl start prometheus-node-exporter')
  })

  it('sees drift by --check and mends it', async () => {
    await on('mysql', `echo 'max_connections = 1000' >>/etc/mysql/mariadb.conf.d/60-pi.cnf; systemctl stop prometheus-mysqld-exporter`)
    await sql(
      `REVOKE INSERT ON temperature.own_reading FROM 'collector-producer1'@'10.78.6.21';
GRANT SELECT ON temperature.* TO 'collector-producer2'@'10.78.6.22'; CREATE USER 'collector'@'%';`,
    )
    await on('producer1', 'systemctl stop collector; chmod 0644 /etc/collector/mariadb-password; rm /usr/local/bin/collect')
    await on(
      'producer2',
      'dpkg --remove prometheus-node-exporter 2>&1; sed -i s/producer2/producer9/ /etc/collector/config.json; sed -i /10.78/s/producer2/producer9/ /etc/hosts',
    )
    await on('producer3', 'systemctl disable --quiet --now prometheus-node-exporter')
    const rights = 'INSERT temperature.own_reading, SELECT temperature.own_reading'
    const wanted = {
      mysql: [
        'mariadb: file /etc/mysql/mariadb.conf.d/60-pi.cnf: change content',
        'mariadb: service mariadb: restart (/etc/mysql/mariadb.conf.d/60-pi.cnf)',
        `mariadb: mariadb account collector-producer1: grant collector-producer1@10.78.6.21 just ${rights}`,
        `mariadb: mariadb account collector-producer2: grant collector-producer2@10.78.6.22 just ${rights}`,
        'mariadb: service prometheus-mysqld-exporter: start',
      ],
      producer1: [
        'collector: file /etc/collector/mariadb-password: mode 0644 → 0600',
        'collector: file /usr/local/bin/collect: create',
        'collector: service collector: start',
      ],
      producer2: [
        'base: block /etc/hosts: change our block; the rest stays',
        'base+exporters+collector: apt systemd-timesyncd prometheus-node-exporter nodejs: install prometheus-node-exporter',
        'exporters: service prometheus-node-exporter: enable; start',
        'collector: file /etc/collector/config.json: change content',
        'collector: service collector: restart (/etc/collector/config.json)',
      ],
      producer3: ['exporters: service prometheus-node-exporter: enable; start'],
    }
    for (const round of ['once', 'again, for nothing was written']) {
      const check = await provision('--check', '--json')
      expect(check.code, round).toBe(2)
      expect(plannedOf(eventsOf(check.stdout)), round).toEqual(wanted)
    }
    const run = await provision('--json')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(changedOf(eventsOf(run.stdout))).toEqual(wanted)
    expect((await provision('--check')).code).toBe(0)
    expect(await sql(`SHOW GLOBAL VARIABLES LIKE 'max_connections';`)).toBe('max_connections\t40')
    // Provision did not make it: it is told, and left alone.
    expect(run.stdout).toContain('collector@% may log in, and provision did not make it')
    expect(await sql(`SELECT Host FROM mysql.global_priv WHERE User = 'collector' AND Host = '%'; DROP USER 'collector'@'%';`)).toBe('%')
    expect(await on('producer1', 'systemctl is-active collector; stat -c %a /etc/collector/mariadb-password /usr/local/bin/collect')).toBe(
      'active\n600\n755',
    )
    expect(await on('producer2', 'systemctl is-active prometheus-node-exporter; grep -c producer9 /etc/hosts || :')).toBe('active\n0')
    expect(await on('producer3', 'systemctl is-active prometheus-node-exporter')).toBe('active')
  })

  it(`stores every reading exactly once though MariaDB was away for ${outage} s`, async () => {
    await eventually(
      'collectors write after the drift',
      120,
      async () =>
        (await Promise.all(producers.map(async name => metric(await scrape(name, 9464), 'collector_backend_up')))).every(
          upNow => upNow === 1,
        ) || undefined,
    )
    await on('mysql', 'systemctl stop mariadb')
    await sleep(outage * 1000)
    const waiting = await Promise.all(producers.map(async name => metric(await scrape(name, 9464), 'collector_queue_readings')))
    for (const [index, name] of producers.entries()) expect(waiting[index], name).toBeGreaterThan(outage)
    expect(waiting[0]).toBeGreaterThan(outage * 25)
    await on('mysql', 'systemctl start mariadb')
    const back = Date.now()
    const drained = await Promise.all(
      producers.map(name =>
        eventually(`the queue of ${name} is short again`, 240, async () =>
          metric(await scrape(name, 9464), 'collector_queue_readings') <= 25 ? (Date.now() - back) / 1000 : undefined,
        ),
      ),
    )

    // A stop delivers what is queued for some seconds at most; what it left, the next start does.
    const counted: Record<string, number> = {}
    for (const name of producers) {
      counted[name] = await eventually(`the queue of ${name} is empty`, 180, async () => {
        await on(name, 'systemctl stop collector')
        const { last, backends } = JSON.parse(await on(name, 'collect queue --json --config /etc/collector/config.json')) as {
          last: number
          backends: { length: number }[]
        }
        if (backends.every(({ length }) => length === 0)) return last
        await on(name, 'systemctl start collector')
        await sleep(5000)
        return undefined
      })
    }
    const rows = await rowsOf()
    const told = producers.map(
      (name, index) =>
        `${name} had ${waiting[index]} waiting, delivered ${drained[index]?.toFixed(0)} s after the start, ` +
        `stored ${rows[name]?.count} of ${counted[name]}`,
    )
    console.info(`away for ${outage} s: ${told.join('; ')}`)
    for (const name of producers) {
      const count = counted[name] ?? 0
      expect(rows[name], name).toEqual({ count, different: count, first: 1, last: count })
      expect(await on(name, 'ls /var/lib/collector/dead-letters.jsonl 2>/dev/null || :')).toBe('')
    }
  })

  it('starts the stopped collectors, and follows a rotated password', async () => {
    const before = await rowsOf()
    const old = { ...passwords }
    for (const name of producers) {
      expect((await commands.run('secret', ['rotate', `mariadb/collector/${name}`])).code).toBe(0)
      passwords[name] = await kept(name)
      expect(passwords[name]).not.toBe(old[name])
    }
    const run = await provision('--json')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    const changed = changedOf(eventsOf(run.stdout))
    expect(changed['mysql']).toEqual(
      producers.map(name => `mariadb: mariadb account collector-${name}: change how collector-${name}@${hostOf(name).address} logs in`),
    )
    for (const name of producers)
      expect(changed[name]).toEqual([
        'collector: file /etc/collector/mariadb-password: change content',
        'collector: service collector: start',
      ])
    await eventually('collectors write with the new password', 180, async () => {
      const rows = await rowsOf()
      return producers.every(name => (rows[name]?.count ?? 0) > (before[name]?.count ?? 0) + 5) || undefined
    })
    expect((await provision('--check')).code).toBe(0)
    for (const secret of [...Object.values(old), ...Object.values(passwords)]) expect(said.some(text => text.includes(secret))).toBe(false)
  })
})
