import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiPath, apiProgram, endsSilences, loginPath, loginText, silences } from '../../roles/alertmanager/api.ts'
import { alertmanagerConfig, login, webConfig } from '../../roles/alertmanager/config.ts'
import { readAlertmanager } from '../../roles/alertmanager/status.ts'
import { alertmanagerVars } from '../../roles/alertmanager/vars.ts'
import { watchProgram } from '../../roles/alertmanager/watch.ts'
import { httpReceiver, mailReceiver, type Receiver } from '../alerts/receivers.ts'

const server = '/usr/bin/prometheus-alertmanager'
const password = 'a-password-of-the-fleet-1234'

const freePort = () =>
  new Promise<number>(resolve => {
    const one = createServer().listen(0, '127.0.0.1', () => {
      const { port } = one.address() as AddressInfo
      one.close(() => resolve(port))
    })
  })

async function until(what: () => boolean, seconds = 50): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !what(); ) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${what.toString()}`)
    await new Promise(done => setTimeout(done, 100))
  }
}

describe.runIf(existsSync(server))('Alertmanager, set up as the role does', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'alertmanager-'))
  const here = (text: string) => text.replaceAll(apiPath, path.join(folder, 'api')).replaceAll(loginPath, path.join(folder, 'login'))
  const bash = (text: string) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', here(text)], { encoding: 'utf8' })
    return { status, said: stdout.trim(), stderr }
  }
  const api = (...words: readonly string[]) => bash([apiPath, ...words.map(word => `'${word}'`)].join(' '))
  const alert = (name: string, labels: object = {}, ends = 300) =>
    api(
      'POST',
      '/api/v2/alerts',
      JSON.stringify([
        {
          labels: { alertname: name, severity: 'warning', ...labels },
          annotations: { summary: `${name} is so.` },
          endsAt: new Date(Date.now() + ends * 1000).toISOString(),
        },
      ]),
    )
  const children: ChildProcess[] = []
  let mail: Receiver
  let web: Receiver
  let config: string

  beforeAll(async () => {
    mail = await mailReceiver('127.0.0.1')
    web = await httpReceiver('127.0.0.1')
    const vars = alertmanagerVars.parse({
      port: await freePort(),
      wait: 0,
      email: { to: ['me@example.org'], from: 'pi@example.org', server: `127.0.0.1:${mail.port}`, tls: false },
      webhooks: { house: { kind: 'homeassistant' }, phone: { kind: 'ntfy', url: `http://127.0.0.1:${web.port}/topic` } },
      heartbeat: { every: 5, url: `http://127.0.0.1:${web.port}/beat` },
    })
    const given: Readonly<Record<string, string>> = { 'alertmanager/webhook/house': `http://127.0.0.1:${web.port}/api/webhook/of-my-own` }
    config = alertmanagerConfig(vars, name => given[name] ?? '')
    const files = { 'am.yml': config, 'web.yml': webConfig(password), login: loginText(login.user, password) }
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 })
    writeFileSync(path.join(folder, 'api'), here(apiProgram({ address: '127.0.0.1' }, vars.port)), { mode: 0o755 })
    writeFileSync(path.join(folder, 'watch'), here(watchProgram('watch', 10)), { mode: 0o755 })
    children.push(
      spawn(
        server,
        [
          `--config.file=${folder}/am.yml`,
          `--web.config.file=${folder}/web.yml`,
          `--storage.path=${folder}/data`,
          '--cluster.listen-address=',
          `--web.listen-address=127.0.0.1:${vars.port}`,
        ],
        { stdio: 'ignore' },
      ),
    )
    await until(() => api('GET', '/api/v2/status').status === 0)
  })
  afterAll(async () => {
    for (const child of children) child.kill()
    await Promise.all([mail.close(), web.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  it('its configuration is one that amtool takes', () => {
    expect(execFileSync('amtool', ['check-config', path.join(folder, 'am.yml')], { encoding: 'utf8' })).toContain('SUCCESS')
  })

  it('lets nobody in without the password', async () => {
    writeFileSync(path.join(folder, 'login'), loginText(login.user, 'another'))
    expect(api('GET', '/api/v2/status').status).toBe(1)
    writeFileSync(path.join(folder, 'login'), loginText(login.user, password))
    expect(api('GET', '/api/v2/status').status).toBe(0)
  })

  it('tells people by mail, Home Assistant and ntfy, also when it is over', async () => {
    alert('Burnt', { host: 'oven' })
    await until(() => mail.messages.some(({ text }) => /^Subject: firing: Burnt \(1\)$/m.test(text)))
    await until(() => web.messages.some(({ text }) => text.startsWith('/topic?tpl=1&t=') && text.includes('"Burnt is so."')))
    await until(() => web.messages.some(({ text }) => text.startsWith('/api/webhook/of-my-own') && text.includes('"status":"firing"')))
    expect(mail.messages.find(({ text }) => text.includes('Burnt'))?.text).toContain('firing: Burnt is so. Since ')
  })

  it('is silent about a host for a while, and not about others', async () => {
    const { status, said } = bash(silences({ label: 'host', values: ['oven', 'a.b'] }, 15, 'me', 'it’s being changed'))
    expect([status, said]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    alert('Cold', { host: 'oven' })
    alert('Loud', { host: 'a-b' })
    await until(() => mail.messages.some(({ text }) => text.includes('Loud')))
    expect(mail.messages.some(({ text }) => text.includes('Cold'))).toBe(false)
    const listed = JSON.parse(api('GET', '/api/v2/silences').said) as readonly { readonly endsAt: string; readonly comment: string }[]
    expect(listed.map(({ comment }) => comment)).toEqual(['it’s being changed'])
    const minutes = (Date.parse(listed[0]?.endsAt ?? '') - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(14)
    expect(minutes).toBeLessThan(15.1)
    expect(readAlertmanager(api('GET', '/api/v2/alerts').said, true).says?.[0]).toMatch(/^\d open alerts, \d of them silenced$/)
    expect(bash(endsSilences([said])).status).toBe(0)
    await until(() => mail.messages.some(({ text }) => text.includes('Cold')))
  })

  it('beats while Prometheus is heard, and then no more; somebody in the house is told why', async () => {
    const beats = () => web.messages.filter(({ text }) => text.startsWith('/beat')).length
    alert('Watchdog', { severity: 'none' }, 12)
    children.push(spawn(path.join(folder, 'watch'), { stdio: 'ignore' }))
    await until(() => beats() >= 2)
    expect(mail.messages.some(({ text }) => text.includes('PrometheusSilent'))).toBe(false)
    await until(() => mail.messages.some(({ text }) => text.includes('firing: PrometheusSilent')), 40)
    const last = beats()
    await new Promise(done => setTimeout(done, 6000))
    expect(beats()).toBe(last)
    expect(mail.messages.some(({ text }) => text.includes('Watchdog'))).toBe(false)
  })
})
