import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { asksPage } from '../../engine/listen.ts'
import { able, eventually, expectPlain, inside, minutes, told, Workplace } from './engine-support.ts'

const name = 'testflink'
const address = '10.78.66.20'
/** Where the processes speak to each other: RPC, blobs, figures of both, and records. */
const ports = [6121, 6122, 6123, 6124, 6125, 6126]

describe.runIf(able)('a Pi of 1 GiB with a JobManager and a TaskManager', { timeout: 5 * minutes }, () => {
  const place = new Workplace()
  const folder = mkdtempSync(join(tmpdir(), 'stranger-'))
  let fleet: Fleet
  let file: string

  const on = (script: string) => inside(fleet, 'stream', script)
  const status = async () => told(await place.command('status', ['--inventory', file]))
  const overview = async () =>
    JSON.parse((await on(asksPage({ address: '127.0.0.1' }, 8081, '/overview', 10))).replace(/^[^{]*/, '')) as Readonly<
      Record<'taskmanagers' | 'slots-total', number>
    >
  const starts = () => on('systemctl show -P ExecMainStartTimestampMonotonic flink-jobmanager flink-taskmanager')

  /** What a port says to who shows this key and certificate: that it stays open, or how it ends. */
  const shown = (port: number, pem?: string) =>
    new Promise<string>(resolve => {
      const socket = connect({ host: address, port, rejectUnauthorized: false, ...(pem !== undefined && { key: pem, cert: pem }) })
      // In TLS 1.3 a server looks at a certificate after the client has seen the connection made.
      const timer = setTimeout(() => end('open'), 3000)
      const end = (word: string) => {
        clearTimeout(timer)
        socket.destroy()
        resolve(word)
      }
      socket.on('error', error => end(error.message)).on('close', () => end('closed'))
    })

  beforeAll(async () => {
    file = place.write('fleet', name, {
      hosts: { stream: { address, user: 'pi', model: 'rpi3b+', os: 'bookworm', roles: ['base', 'flink'] } },
    })
    fleet = await place.boot(file)
  }, 5 * minutes)
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await place.end(fleet)
  }, minutes)

  it('is made from nothing, and left alone the second time', async () => {
    const first = await place.provision(file)
    expect([first.code, first.text]).toEqual([0, expect.not.stringContaining('FAILED')])
    expectPlain(first)
    expect(await overview()).toMatchObject({ taskmanagers: 1, 'slots-total': 1 })
    const before = await starts()
    expect((await place.provision(file)).text).toContain('Nothing to change')
    expect(await starts()).toEqual(before)
    expect((await status()).text).toMatch(/Flink 1\.20\.\d+; 1 TaskManager; 0 of 1 slots taken/)
  })

  it('holds no more than was planned, may do little but its work, and writes where it should', async () => {
    const { hosts } = { hosts: JSON.parse((await place.command('status', ['--inventory', file, '--json'])).stdout ?? '{}') as Roles }
    const flink = hosts['stream']?.roles.find(({ role }) => role === 'flink')
    expect(flink?.memory).toBeLessThan(flink?.planned ?? 0)
    for (const unit of ['flink-jobmanager', 'flink-taskmanager']) {
      const said = await on(`systemd-analyze security --no-pager ${unit}.service`)
      expect(Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(4)
      expect(await on(`journalctl -b -u ${unit} -o cat | grep -ciE 'not permitted|permission denied|read-only' || true`)).toBe('0')
    }
    expect(await on('stat -c "%U %a" /var/lib/flink/checkpoints /var/lib/flink/savepoints')).toBe('flink 750\nflink 750')
  })

  it('listens at its address and loopback only, with figures for Prometheus', async () => {
    const open = await on(`ss -Hltn | awk '{print $4}' | grep -E ':(612[0-9]|8081|940[78])$' | sed 's/^\\[::ffff://; s/\\]//' | sort`)
    expect(open.split('\n')).toEqual([...[...ports, 9407, 9408].map(port => `${address}:${port}`), '127.0.0.1:8081'].sort())
    const figures = async (port: number) => (await fetch(`http://${address}:${port}/metrics`)).text()
    expect(await figures(9407)).toMatch(/^flink_jobmanager_numregisteredtaskmanagers 1\.0$/m)
    expect(await figures(9408)).toMatch(/^flink_heap_used_bytes \d/m)
  })

  it('a stranger speaks to none of its ports, with or without a certificate of his own', async () => {
    const own = await on('cat /etc/flink/tls/own.pem')
    const key = join(folder, 'key')
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=flink:stream',
        '-keyout',
        key,
        '-out',
        `${key}.crt`,
      ],
      { stdio: 'ignore' },
    )
    const stranger = readFileSync(key, 'utf8') + readFileSync(`${key}.crt`, 'utf8')
    for (const port of ports) {
      expect([port, await shown(port)]).toEqual([port, expect.stringMatching(/alert|closed|ECONNRESET/i)])
      expect([port, await shown(port, stranger)]).toEqual([port, expect.stringMatching(/alert|closed|ECONNRESET/i)])
    }
    for (const port of [6122, 6123, 6124]) expect([port, await shown(port, own)]).toEqual([port, 'open'])
  })

  it('what drifted is mended', async () => {
    await on(
      `systemctl disable -q --now flink-taskmanager; sed -i 's/^parallelism.default: 1/parallelism.default: 9/' /etc/flink/jobmanager/config.yaml`,
    )
    expect((await status()).text).toContain('flink-taskmanager is inactive')
    const { text, code } = await place.provision(file)
    expect([code, text]).toEqual([0, expect.stringContaining('/etc/flink/jobmanager/config.yaml')])
    expect((await place.provision(file, ['--check'])).text).toContain('Nothing to change')
  })

  it('a JobManager that was killed comes back, and its TaskManager finds it', async () => {
    await on('systemctl kill -s KILL flink-jobmanager')
    await eventually(async () => {
      const { taskmanagers } = await overview().catch(() => ({ taskmanagers: 0 }))
      return taskmanagers === 1 && (await status()).code === 0
    }, 120)
    expect(await on('ls /var/lib/flink/jobmanager')).toBe('tmp')
  })

  it('its page is reached by a way of our own, until Ctrl-C', async () => {
    const opened = place.command('fleet', ['open', 'flink', '--inventory', file, '--port', '18081', '--json'])
    const answer = async () => (await fetch('http://127.0.0.1:18081/overview').catch(() => undefined))?.ok === true
    await eventually(answer, 30)
    opened.kill('SIGINT')
    const ended = told(await opened)
    expect(ended.text).toContain('{"host":"stream","url":"http://127.0.0.1:18081/"}')
    expect(await answer()).toBe(false)
  })
})

type Roles = Readonly<
  Record<string, { readonly roles: readonly { readonly role: string; readonly memory?: number; readonly planned: number }[] }>
>
