import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault } from '../../lab/index.ts'
import { able, eventually, expectPlain, inside, minutes, Workplace } from './engine-support.ts'
import { proving } from './proof.ts'

const name = 'testmosquitto'
/** Seconds that the network is split. */
const split = proving ? 60 : 12

describe.runIf(able)('a broker of MQTT, a producer and a sink to MariaDB, with no cloud and no Kafka', { timeout: 5 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string

  const write = (revoked: readonly string[] = []) =>
    place.write('fleet', name, {
      hosts: {
        hub: {
          address: '10.78.46.20',
          user: 'pi',
          model: 'rpi3b+',
          os: 'bookworm',
          roles: ['base', 'mosquitto'],
          vars: { mosquitto: { revoked } },
        },
        producer1: {
          address: '10.78.46.21',
          user: 'pi',
          model: 'rpi3b+',
          os: 'trixie',
          roles: ['base', 'collector'],
          vars: { collector: { backends: ['mqtt'], interval: 100, note: '{sequence}' } },
        },
        mysql: {
          address: '10.78.46.22',
          user: 'pi',
          model: 'rpi3b+',
          os: 'bookworm',
          roles: ['base', 'mariadb', 'sink'],
          vars: { sink: { from: 'mqtt' } },
        },
      },
    })
  const provision = async (...words: string[]): Promise<string> => {
    const run = await place.provision(file, words)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    expectPlain(run)
    return run.text
  }
  const on = (host: string, script: string) => inside(fleet, host, script)
  const rows = async () => {
    const text = await on(
      'mysql',
      `mariadb -BN temperature -e 'SELECT COUNT(*), COUNT(DISTINCT reading_note), COALESCE(MAX(reading_note + 0), 0) FROM reading'`,
    )
    return text.split('\t').map(Number)
  }
  const count = async () => (await rows())[0] ?? 0
  /** Publishes with what the producer has; what was said, and how it ended. */
  const publish = (topic: string, files: string) =>
    on(
      'producer1',
      `mosquitto_pub -V mqttv5 -h 10.78.46.20 -p 8883 --cafile /etc/collector/ca.pem \
${files} -i any -q 1 -t ${topic} -m x 2>&1; echo "exit $?"`,
    )
  const own = '--cert /etc/collector/own.pem --key /etc/collector/own.pem'

  beforeAll(async () => {
    file = write()
    fleet = await place.boot(file)
  }, 3 * minutes)
  afterAll(() => place.end(fleet), minutes)

  it('are made from nothing, and readings reach the database', async () => {
    await provision()
    await eventually(async () => (await count()) > 20)
  })

  it('are left alone the second time', async () => {
    expect((await place.provision(file, ['--check'])).text).toContain('Nothing to change')
  })

  it('listens at its address only', async () => {
    expect(await on('hub', `ss -Hltn | awk '{print $4}' | grep -E ':(1883|8883)$'`)).toBe('10.78.46.20:8883')
  })

  it('a revoked certificate is refused, and its live session ends', async () => {
    // What a thief has of the card; the Pi itself gets another one.
    await on('producer1', 'cp /etc/collector/own.pem /root/stolen.pem && rm /etc/collector/own.pem')
    await provision()
    await on(
      'producer1',
      `command -v mosquitto_sub >/dev/null || apt-get install -qy --no-install-recommends mosquitto-clients >/dev/null 2>&1
systemctl stop collector`,
    )
    // One name is one connection: this before the thief has it.
    expect(await publish('temperature/other/reading', own)).toMatch(/Not authorized/)
    await on(
      'producer1',
      `systemd-run -q --unit thief mosquitto_sub -V mqttv5 -h 10.78.46.20 -p 8883 --cafile /etc/collector/ca.pem \
--cert /root/stolen.pem --key /root/stolen.pem -i thief -t nothing`,
    )
    /** Where the producer's Pi has connections from, a port each. */
    const connections = () => on('hub', `ss -Htn state established '( sport = :8883 )' | grep -o '10.78.46.21[]:0-9]*' || true`)
    let thief = ''
    await eventually(async () => (thief = await connections()) !== '')
    const issued = readFileSync(join(place.folder, 'fleet.kept/ca/issued.jsonl'), 'utf8').trim().split('\n')
    const first = issued.map(line => JSON.parse(line) as { subject: string; serial: string }).find(({ subject }) => subject === 'producer1')
    file = write([first?.serial ?? ''])
    await provision('hub')
    await eventually(async () => !(await connections()).includes(thief))
    await eventually(async () => /verify failed|revoked/i.test(await on('hub', 'journalctl -b -u mosquitto -o cat | tail -50')))
    await on('producer1', 'systemctl stop thief')
    expect(await publish('temperature/producer1/reading', '--cert /root/stolen.pem --key /root/stolen.pem')).toMatch(/exit [1-9]/)
    // The one it has now is let in.
    await on('producer1', 'systemctl start collector')
    const before = await count()
    await eventually(async () => (await count()) > before + 20)
  })

  it('the broker restarts, the network splits: each reading arrives, and is there once', async () => {
    await on('hub', 'systemctl restart mosquitto')
    await fault.cut(fleet, 'hub')
    await new Promise(done => setTimeout(done, split * 1000))
    await fault.mend(fleet, 'hub')
    await on('mysql', 'systemctl kill -s KILL sink')
    const before = await count()
    await eventually(async () => (await count()) > before + 50, 120)
    // It ends when its queue is empty.
    await on('producer1', 'systemctl stop collector')
    const waits = await on('producer1', '/usr/local/bin/collect queue --config /etc/collector/config.json --json')
    expect(waits).not.toMatch(/"readings":[1-9]/)
    await eventually(async () => {
      const [all, different, newest] = await rows()
      return all === different && all === newest
    }, 60)
  })
})
