import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { httpReceiver, mailReceiver, type Receiver } from '../alerts/receivers.ts'
import { able, eventually, inside, minutes, told, Workplace } from './engine-support.ts'

const name = 'testalerts'
const address = '10.78.49.20'
const machine = '10.78.49.1'

describe.runIf(able)('alerts of a fleet', { timeout: 6 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string
  let mail: Receiver
  let web: Receiver

  const write = (nodePort = 9100) =>
    place.write('fleet', name, {
      hosts: {
        watch: {
          address,
          user: 'pi',
          model: 'rpi4-1g',
          os: 'bookworm',
          roles: ['base', 'exporters', 'prometheus', 'alertmanager'],
          vars: {
            prometheus: { interval: 5 },
            alertmanager: {
              wait: 0,
              patience: 10,
              email: { to: ['me@example.org'], from: 'pi@example.org', server: `${machine}:${mail.port}`, user: 'pi', tls: false },
              webhooks: { house: { kind: 'homeassistant' } },
              heartbeat: { every: 5 },
            },
          },
        },
        other: {
          address: '10.78.49.21',
          user: 'pi',
          model: 'rpi3b+',
          os: 'trixie',
          roles: ['base', 'exporters'],
          vars: { exporters: { nodePort } },
        },
      },
    })
  const secrets = () => ({
    FLEET_SECRET_ALERTMANAGER_EMAIL: 'a-password-of-mail',
    FLEET_SECRET_ALERTMANAGER_WEBHOOK_HOUSE: `http://${machine}:${web.port}/api/webhook/of-my-own`,
    FLEET_SECRET_ALERTMANAGER_HEARTBEAT: `http://${machine}:${web.port}/beat`,
  })
  const api = async <T>(path: string) =>
    JSON.parse(await inside(fleet, 'watch', `/usr/local/lib/provision/alertmanager-api GET '${path}'`)) as T
  const mailed = (text: string) => mail.messages.some(each => each.text.includes(text))
  const beats = () => web.messages.filter(({ text }) => text.startsWith('/beat')).length

  beforeAll(async () => {
    mail = await mailReceiver('0.0.0.0')
    web = await httpReceiver('0.0.0.0')
    file = write()
    fleet = await place.boot(file)
    const { text, code } = await place.provision(file, [], secrets())
    expect([code, text]).toEqual([0, expect.not.stringContaining('FAILED')])
  }, 5 * minutes)
  afterAll(async () => {
    await place.end(fleet)
    await Promise.all([mail.close(), web.close()])
  }, minutes)

  it('is left alone the second time, which is silent about nothing', async () => {
    const before = await api<readonly object[]>('/api/v2/silences')
    expect((await place.provision(file, [], secrets())).text).toContain('Nothing to change')
    expect(await api<readonly object[]>('/api/v2/silences')).toHaveLength(before.length)
  })

  it('has its secrets in no list of processes and no unit', async () => {
    const seen = await inside(fleet, 'watch', 'ps axww -o args; systemctl cat prometheus prometheus-alertmanager prometheus-watch')
    expect(seen).toContain('fleet-alertmanager.yml')
    expect(seen).not.toMatch(/a-password-of-mail|of-my-own|\/beat/)
    expect(await inside(fleet, 'watch', 'stat -c "%a %U" /etc/prometheus/fleet-alertmanager.yml')).toBe('600 prometheus')
  })

  it('is silent about a Pi while it is changed, and for two minutes more', async () => {
    file = write(9101)
    expect((await place.provision(file, ['other'], secrets())).text).toContain('no host failed')
    interface Silence {
      readonly matchers: readonly { readonly value: string }[]
      readonly status: { readonly state: string }
      readonly endsAt: string
    }
    const silences = (await api<readonly Silence[]>('/api/v2/silences')).filter(({ status }) => status.state === 'active')
    const [silence] = silences.filter(({ matchers }) => matchers[0]?.value === '^(?:other)$')
    expect(Date.parse(silence?.endsAt ?? '') - Date.now()).toBeLessThan(2 * minutes + 1000)
  })

  it('an agent that stopped is told by mail and webhook, and that it is well again; `status` tells it meanwhile', async () => {
    await place.provision(file, ['watch'], secrets())
    // The rules as they are wait for five minutes: too long for this test, and their times are proven elsewhere.
    await inside(
      fleet,
      'watch',
      `sed -i 's/for: .*/for: 5s/' /etc/prometheus/fleet-rules.yml; systemctl kill -s HUP prometheus
      for id in $(/usr/local/lib/provision/alertmanager-api GET /api/v2/silences | grep -o '"id":"[^"]*' | cut -c7-); do
        /usr/local/lib/provision/alertmanager-api DELETE "/api/v2/silence/$id"; done`,
    )
    await inside(fleet, 'other', 'systemctl stop prometheus-node-exporter')
    await eventually(() => mailed('firing: the Pi itself on other does not answer.'), 150)
    await eventually(() => web.messages.some(({ text }) => text.startsWith('/api/webhook/of-my-own') && text.includes('NodeAway')), 10)
    const status = told(await place.command('status', ['--inventory', file, 'watch']))
    expect(status.text).toContain('alert: the Pi itself on other does not answer.')
    await inside(fleet, 'other', 'systemctl start prometheus-node-exporter')
    await eventually(() => mailed('resolved: the Pi itself on other does not answer.'), 150)
  })

  it('a Prometheus that is killed: no more beats outside, and somebody in the house is told', async () => {
    await eventually(() => beats() >= 2, 30)
    await inside(fleet, 'watch', 'systemctl mask --runtime --now -q prometheus')
    const { text } = told(await place.command('status', ['--inventory', file]))
    expect(text).toContain('prometheus is inactive')
    expect(text).toMatch(/alertmanager +ok/)
    await eventually(() => mailed('PrometheusSilent'), 100)
    // What Prometheus said last holds for four of its rounds; then the beats end.
    let last = beats()
    const ended = async () => {
      last = beats()
      await new Promise(done => setTimeout(done, 12_000))
      return beats() === last
    }
    await eventually(ended, 150)
    await inside(fleet, 'watch', 'systemctl unmask --runtime -q prometheus && systemctl start prometheus')
    await eventually(() => beats() > last, 60)
  })
})
