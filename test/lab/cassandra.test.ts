import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { ownAddressPath, ownAddressProgram } from '../../engine/listen.ts'
import { startPath, startScript } from '../../roles/cassandra/config/start.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import { dropIn } from '../../roles/exporter.ts'
import { able, expectPlain, inside, minutes, Workplace } from './engine-support.ts'
import { proof } from './proof.ts'

const name = 'testcassandra'
const MiB = 1024 * 1024

/** All of them: `npm run proof:cassandra`. */
describe.runIf(able)('one node of Cassandra on a Pi of 1 GiB', { timeout: 8 * minutes }, () => {
  const workplace = new Workplace()
  let fleet: Fleet
  let file: string

  const write = (vars: object = {}) =>
    workplace.write('fleet', name, {
      hosts: {
        cassandra2: {
          address: '10.78.8.20',
          user: 'pi',
          model: 'rpi4-1g',
          os: 'bookworm',
          roles: ['base', 'cassandra'],
          vars: { cassandra: { ringDelay: 5, ...vars } },
        },
      },
    })

  beforeAll(async () => {
    file = write()
    fleet = await workplace.boot(file)
  }, 5 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('is made from nothing', async () => {
    const run = await workplace.provision(file)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    expectPlain(run)
    expect(await inside(fleet, 'cassandra2', 'nodetool status temperature')).toMatch(/^UN +10\.78\.8\.20 .* 100\.0% /m)
    // The first time it listened for clients, everybody knew a login.
    expect(
      await inside(
        fleet,
        'cassandra2',
        `journalctl -b -u cassandra -o cat | grep -o 'listening for CQL clients on [^ ]*' | sed 's/.* on //'`,
      ),
    ).toMatch(/^\S*127\.0\.0\.1:9042\n\S*10\.78\.8\.20:9042$/)
  })

  it('is left alone the second time', async () => {
    const run = await workplace.provision(file, ['--check'])
    expect(run.text).toContain('Nothing to change')
    expect(run.code).toBe(0)
  })

  it('its server may do little but its work, and root shares no folder with it', async () => {
    const said = await inside(fleet, 'cassandra2', 'systemd-analyze security --no-pager cassandra.service')
    expect(Number(/exposure level for cassandra.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(4)
    expect(await inside(fleet, 'cassandra2', `stat -c '%U %n' /var/lib/cassandra /var/lib/cassandra/*`)).toBe(
      [
        'root /var/lib/cassandra',
        ...['commitlog', 'data'].map(each => `cassandra /var/lib/cassandra/${each}`),
        'root /var/lib/cassandra/first.options',
        'cassandra /var/lib/cassandra/hints',
        'cassandra /var/lib/cassandra/saved_caches',
        'root /var/lib/cassandra/tokens.yaml',
      ].join('\n'),
    )
    // What its sandbox might have taken from it shows in its words.
    expect(
      await inside(
        fleet,
        'cassandra2',
        `journalctl -b -u cassandra -o cat | grep -iE 'operation not permitted|read-only file system' | head -n 3; true`,
      ),
    ).toBe('')
  })

  it('a Pi of the time before, whose server owned the folder, is brought over: its place is kept, a link of the server’s user is refused', async () => {
    await inside(
      fleet,
      'cassandra2',
      'chown cassandra: /var/lib/cassandra && runuser -u cassandra -- ln -s /etc/shadow /var/lib/cassandra/seeds.yaml.new && sha256sum /etc/shadow >/run/shadow.sum',
    )
    const refused = await workplace.provision(file)
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('/var/lib/cassandra/seeds.yaml.new')
    await inside(fleet, 'cassandra2', 'sha256sum -c --quiet /run/shadow.sum && rm /var/lib/cassandra/seeds.yaml.new')
    expect((await workplace.provision(file)).code).toBe(0)
    expect((await workplace.provision(file, ['--check'])).text).toContain('Nothing to change')
  })

  it('lets producers add readings, and nobody in by the default password', async () => {
    const login = `PASSWORD=$(sed -n 's/.*"password":"\\([^"]*\\)".*/\\1/p' /etc/cassandra/cql.json)`
    expect(await inside(fleet, 'cassandra2', `${login}; [ -n "$PASSWORD" ] && echo 'login ["cassandra","cassandra"]' | cql`)).toBe(
      '{"login":"cassandra","ok":false}',
    )
    await inside(
      fleet,
      'cassandra2',
      `cql -e "INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value) VALUES ('here', '2024-01-01T00:00:00Z', '', 41.5)"`,
    )
    expect(await inside(fleet, 'cassandra2', 'cql -e "SELECT * FROM temperature.reading"')).toBe('here\t2024-01-01T00:00:00.000Z\t\t41.5')
  })

  it('answers what was measured when, and keeps it as long as it is told: shown, altered, then unchanged', async () => {
    const add = (at: string, value: number) =>
      inside(
        fleet,
        'cassandra2',
        `cql -e "INSERT INTO temperature.reading_by_day (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES ('here', '${at.slice(0, 10)}', '${at}', '', ${value})"`,
      )
    for (const [minutes, value] of [
      [1, 41],
      [30, 40],
      [90, 39],
    ] as const)
      await add(new Date(Date.now() - minutes * 60_000).toISOString(), value)
    const lastHour = `SELECT reading_value FROM temperature.reading_by_day WHERE reading_location = 'here' AND reading_day IN (currentDate(), currentDate() - 1d) AND reading_date > currentTimestamp() - 1h`
    expect((await inside(fleet, 'cassandra2', `cql -e "${lastHour}" | sort`)).split('\n')).toEqual(['40', '41'])

    write({ retention: 30 })
    const check = await workplace.provision(file, ['--check'])
    expect(check.text).toContain(
      'table reading_by_day: rows are kept 30 days, not for ever: those written from now on; those that are there stay for ever',
    )
    expect(check.code).toBe(2)
    expect((await workplace.provision(file)).code).toBe(0)
    expect((await workplace.provision(file, ['--check'])).text).toContain('Nothing to change')
    expect((await inside(fleet, 'cassandra2', `cql -e "${lastHour}" | sort`)).split('\n')).toEqual(['40', '41'])
  })

  it('holds less than was planned, and tells Prometheus', async () => {
    const [rss, planned] = await Promise.all([
      inside(fleet, 'cassandra2', `awk '/^VmRSS/ {print $2}' /proc/$(systemctl show -p MainPID --value cassandra)/status`),
      workplace.provision(file, ['--check']).then(({ text }) => Number(/cassandra (\d+)/.exec(/planned.*/.exec(text)?.[0] ?? '')?.[1])),
    ])
    expect(Number(rss) * 1024).toBeLessThan(planned * MiB)
    const metrics = await inside(
      fleet,
      'cassandra2',
      `exec 3<>/dev/tcp/10.78.8.20/9404; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; timeout 20 cat <&3`,
    )
    expect(metrics).toMatch(/^cassandra_storage_load/m)
    expect(metrics.split('\n').length).toBeLessThan(600)
  })

  proof('a name is looked up at each start: loopback is refused, and the server comes up by itself when the name is mended', async () => {
    const named = (address: string) =>
      inside(fleet, 'cassandra2', `sed -i '/ node\\.test$/d' /etc/hosts && echo '${address} node.test' >>/etc/hosts`)
    const vars = cassandraVars.parse({})
    const agent = (await inside(fleet, 'cassandra2', 'ls /opt/cassandra/lib/jmx_prometheus_javaagent-*.jar')).trim()
    const text = startScript({
      node: { name: 'node.test' },
      family: undefined,
      metrics: { name: 'node.test' },
      metricsPort: vars.metricsPort,
      agent,
    })
    const put = (path: string, content: string) =>
      inside(
        fleet,
        'cassandra2',
        `mkdir -p ${path.replace(/\/[^/]*$/, '')} && echo ${Buffer.from(content).toString('base64')} | base64 -d >${path} && chmod 755 ${path}`,
      )
    await put(ownAddressPath, ownAddressProgram)
    await put(startPath, text)
    await named('127.0.1.1')
    await inside(fleet, 'cassandra2', 'systemctl restart cassandra || true')
    expect(await inside(fleet, 'cassandra2', 'journalctl -b -u cassandra -o cat -n 50')).toContain(
      'Here it stands for 127.0.1.1: no address others reach it at. It has: 10.78.8.20',
    )
    await named('10.78.8.20')
    const end = Date.now() + 3 * minutes
    while (!/^UN +10\.78\.8\.20 /m.test(await inside(fleet, 'cassandra2', 'nodetool status 2>/dev/null || true')))
      expect(Date.now()).toBeLessThan(end)
    // Clients are let in a little later.
    expect(
      await inside(
        fleet,
        'cassandra2',
        `for i in $(seq 60); do [ -z "$(ss -Hltn 'sport = :9042')" ] || break; sleep 1; done
ss -Hltn 'sport = :9042 or sport = :7000 or sport = :9404' | awk '{print $4}' | sed 's/^\\[::ffff:\\(.*\\)\\]/\\1/' | sort`,
      ),
    ).toBe('10.78.8.20:7000\n10.78.8.20:9042\n10.78.8.20:9404')
    // Provision mends what a test changed.
    expect((await workplace.provision(file)).code).toBe(0)
  })

  it('systemd gives an exporter the address that the program before it has looked up', async () => {
    const unit = `[Service]
User=nobody
EnvironmentFile=-/etc/default/none
ExecStart=/bin/sh -c 'echo "$ARGS" >/run/prometheus-node-exporter/seen; sleep 600'
`
    const added = dropIn({ unit: 'prometheus-node-exporter', port: 9100 }, { name: 'node.test' })
    await inside(
      fleet,
      'cassandra2',
      `cd /run/systemd/system && mkdir -p prometheus-node-exporter.service.d ${dirname(ownAddressPath)}
echo ${Buffer.from(ownAddressProgram).toString('base64')} | base64 -d >${ownAddressPath} && chmod 755 ${ownAddressPath}
echo ${Buffer.from(unit).toString('base64')} | base64 -d >prometheus-node-exporter.service
echo ${Buffer.from(added).toString('base64')} | base64 -d >prometheus-node-exporter.service.d/fleet.conf
echo '10.78.8.20 node.test' >>/etc/hosts; systemctl daemon-reload; systemctl start prometheus-node-exporter; sleep 2`,
    )
    expect(await inside(fleet, 'cassandra2', 'cat /run/prometheus-node-exporter/seen')).toBe('--web.listen-address=10.78.8.20:9100')
    await inside(
      fleet,
      'cassandra2',
      'systemctl stop prometheus-node-exporter; rm -r /run/systemd/system/prometheus-node-exporter.service*; systemctl daemon-reload',
    )
  })
})
