import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Facts } from '../../../../engine/facts.ts'
import { offersOf } from '../../../../engine/offer.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../../engine/resources/index.ts'
import { varsOf } from '../../../../engine/run/resolve.ts'
import * as config from '../../../../roles/grafana/config.ts'
import grafana from '../../../../roles/grafana/index.ts'
import * as unit from '../../../../roles/grafana/unit.ts'
import { grafanaVars } from '../../../../roles/grafana/vars.ts'
import { registry } from '../../../../roles/index.ts'
import { fleetOf, hostsNamed } from '../../engine/run/folder-session.ts'
import { temporary } from '../../scripts/project.ts'
import { nothingKept } from '../kept.ts'

const roles = await registry.all()

const GiB = 2 ** 30
const facts = (memory: number, architecture: Facts['architecture'] = 'arm64') => ({ memory, architecture }) as Facts
const sha512 = 'a'.repeat(128)
const tarballs = { arm64: { source: 'grafana.tar.gz', sha512 } }
const fleet = fleetOf(hostsNamed(['watch'], ['prometheus', 'exporters', 'grafana']))
const host = fleet.hosts[0]!
const offered = offersOf(fleet, roles, varsOf)
const refused = (of: Facts, vars: object) => grafana.refuse?.({ host, fleet, facts: of, vars: grafanaVars.parse(vars), offered: () => [] })

test('a Pi that is too small is refused with the numbers, and told of the report', () => {
  expect(refused(facts(GiB / 2), { tarballs })).toEqual({
    reason: 'Grafana takes up to 384 MiB, more than half of its RAM (512 MiB)',
    hint: expect.stringContaining('`report` writes the same pictures into one HTML file') as string,
  })
  expect(refused(facts(GiB), { tarballs })).toBeUndefined()
})

test('a Pi for whose architecture no release is named is refused with what to write', () => {
  expect(refused(facts(GiB, 'armhf'), { tarballs })?.hint).toContain('tarballs: { armhf: { source')
})

/** A server of files, as a publisher's. */
async function serving(folder: string): Promise<string> {
  const server = createServer(({ url = '' }, answer) => {
    try {
      answer.end(readFileSync(path.join(folder, path.basename(url))))
    } catch {
      answer.writeHead(404).end()
    }
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A tarball laid out as a release is; what is in it is no Grafana. */
function standIn(folder: string, architecture: string): { readonly name: string; readonly sha512: string } {
  const release = path.join(folder, `grafana-12.4.3-${architecture}`)
  for (const part of ['bin', 'conf', 'public']) mkdirSync(path.join(release, part), { recursive: true })
  writeFileSync(path.join(release, 'bin/grafana'), `${architecture}\n`, { mode: 0o755 })
  writeFileSync(path.join(release, 'conf/defaults.ini'), '')
  const name = `grafana_12.4.3_linux_${architecture}.tar.gz`
  execFileSync('tar', ['-czf', path.join(folder, name), '-C', folder, path.basename(release)])
  return {
    name,
    sha512: createHash('sha512')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex'),
  }
}

const prepared = (vars: object, variant: string) =>
  grafana.prepare!({
    vars: grafanaVars.parse(vars),
    fleet,
    offered,
    kept: nothingKept,
    authority: () => Promise.reject(new Error('no CA is wanted')),
    variant,
  })

test('each architecture gets its own release, fetched, compared with its sum and packed without its outer folder', async () => {
  const folder = temporary()
  const before = process.env['XDG_CACHE_HOME']
  process.env['XDG_CACHE_HOME'] = path.join(folder, 'cache')
  onTestFinished(() => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = before
  })
  const at = await serving(folder)
  const named = Object.fromEntries(
    ['arm64', 'armhf'].map(architecture => {
      const { name, sha512: sum } = standIn(folder, architecture)
      return [architecture, { source: `${at}/${name}`, sha512: sum }]
    }),
  )
  for (const architecture of ['arm64', 'armhf']) {
    const { server, dashboards } = await prepared({ tarballs: named }, architecture)
    expect(execFileSync('tar', ['-xzOf', server.path, './bin/grafana'], { encoding: 'utf8' })).toBe(`${architecture}\n`)
    expect(dashboards.map(({ name }) => name)).toContain(`${fleet.name}-fleet.json`)
  }
  const wrong = { arm64: { ...named['arm64'], sha512 } }
  await expect(prepared({ tarballs: wrong }, 'arm64')).rejects.toThrow('is not what it should be')
  const gone = { arm64: { source: `${at}/none.tar.gz`, sha512: 'b'.repeat(128) } }
  await expect(prepared({ tarballs: gone }, 'arm64')).rejects.toThrow('404')
})

const resources = (of: typeof fleet): AnyResource[] =>
  collect(
    grafana.desired({
      host: of.hosts[0]!,
      fleet: of,
      facts: facts(GiB),
      vars: grafanaVars.parse({ tarballs }),
      prepared: {
        config,
        unit,
        server: { path: '/x.tar.gz', sha256: 'c'.repeat(64) },
        dashboards: [{ name: 'home-fleet.json', json: '{}\n' }],
      },
      secret: name => `$value of ${name}`,
      offered: offersOf(of, roles, varsOf),
      kept: nothingKept,
    }),
  )

test('what it yields, in order', () => {
  expect(resources(fleet).map(nameOf).slice(2)).toEqual([
    'user grafana',
    'archive /opt/grafana',
    'directory /etc/grafana',
    'file /etc/grafana/admin-password',
    'file /etc/grafana/secret-key',
    'file /etc/grafana/grafana.ini',
    'file /etc/grafana/provisioning/datasources/fleet.yaml',
    'file /etc/grafana/provisioning/dashboards/fleet.yaml',
    'file /etc/systemd/system/grafana.service',
    'file /etc/grafana/sources',
    'file /etc/grafana/dashboards/home-fleet.json',
    'command no dashboards of roles that are gone',
    'service grafana',
    'command password of admin is the fleet’s',
  ])
})

test('each secret is in one file, which is secret, whole, and for its user alone', () => {
  const holding = resources(fleet).filter(({ spec }) => JSON.stringify(spec).includes('$value of'))
  expect(holding.map(({ spec }) => spec as unknown)).toEqual(
    ['admin', 'key'].map(
      name => expect.objectContaining({ content: `$value of grafana/${name}`, secret: true, group: 'grafana', mode: '0640' }) as unknown,
    ),
  )
})

test('without a Prometheus that it reaches it is told, not installed', () => {
  expect(() => resources(fleetOf(hostsNamed(['alone'], ['grafana'])))).toThrow('Grafana on alone has nothing to read')
})
