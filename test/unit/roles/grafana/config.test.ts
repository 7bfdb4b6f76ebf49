import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Host } from '../../../../engine/inventory/types.ts'
import { boardsYaml, grafanaIni, literal, sourcesYaml } from '../../../../roles/grafana/config.ts'
import { sourcesOf } from '../../../../roles/grafana/sources.ts'
import { grafanaUnit } from '../../../../roles/grafana/unit.ts'
import { canJudge, exposure } from '../exposure.ts'

const server = (name: string, address: string, listen: { address: string } | { name: string } = { address }) => ({
  host: { name, address } as Host,
  role: 'prometheus',
  value: { listen, port: 9090 },
})

test('a dollar is a dollar: in provisioning files it begins the name of a variable', () => {
  expect(literal('a$b${c}$$')).toBe('a$$b$${c}$$$$')
  const { datasources } = parse(sourcesYaml([{ uid: 'a', name: 'cost $HOME', url: 'http://x/$y' }])) as { datasources: object[] }
  expect(datasources).toMatchObject([{ name: 'cost $$HOME', url: 'http://x/$$y' }])
})

test('secrets are in no setting: Grafana reads their files by itself', () => {
  const ini = grafanaIni({ address: '10.0.0.1' }, { port: 3000 })
  expect(ini).toContain('admin_password = $__file{/etc/grafana/admin-password}\n')
  expect(ini).toContain('secret_key = $__file{/etc/grafana/secret-key}\n')
  expect(ini.match(/\$(?!__file\{)/g)).toBeNull()
  expect(ini).toContain('http_addr = 10.0.0.1\n')
})

test('the first Prometheus is the default, and those of this file that are gone go there, too', () => {
  const sources = sourcesOf({ name: 'watch' }, [
    server('watch', '10.0.0.1'),
    server('other', 'fd00::2'),
    server('named', 'pi.local', { name: 'pi.local' }),
  ])
  expect(parse(sourcesYaml(sources))).toMatchObject({
    prune: true,
    datasources: [
      { uid: 'prometheus-watch', type: 'prometheus', access: 'proxy', url: 'http://10.0.0.1:9090', isDefault: true, editable: false },
      { uid: 'prometheus-other', url: 'http://[fd00::2]:9090', isDefault: false },
      { uid: 'prometheus-named', url: 'http://pi.local:9090' },
    ],
  })
})

test('a Prometheus on loopback is read from its own Pi only; one that listens everywhere at its address', () => {
  const servers = [
    server('watch', '10.0.0.1', { address: '127.0.0.1' }),
    server('far', '10.0.0.2', { address: '127.0.0.1' }),
    server('open', '10.0.0.3', { address: '0.0.0.0' }),
  ]
  expect(sourcesOf({ name: 'watch' }, servers).map(({ url }) => url)).toEqual(['http://127.0.0.1:9090', 'http://10.0.0.3:9090'])
})

test('each fleet has a folder, and files alone change what is in it', () => {
  expect(parse(boardsYaml('home'))).toMatchObject({
    providers: [{ folder: 'home', folderUid: 'fleet-home', allowUiUpdates: false, options: { path: '/etc/grafana/dashboards' } }],
  })
})

test('a host that is known by name gives its address when the server starts', () => {
  const unit = grafanaUnit({ name: 'watch.local' }, { memory: 384 })
  expect(unit).toMatch(/^ExecStart=\/bin\/sh -c 'GF_SERVER_HTTP_ADDR=\$\$\(\S+own-address watch\.local\) && export/m)
  expect(grafanaIni({ name: 'watch.local' }, { port: 3000 })).not.toContain('http_addr')
  expect(unit).toContain('GOMEMLIMIT=307MiB\nMemoryMax=384M\n')
})

test.skipIf(!canJudge)('its unit is as closed as the others, as systemd judges', () => {
  expect(exposure('grafana', grafanaUnit({ address: '10.0.0.1' }, { memory: 384 }))).toBeLessThanOrEqual(4)
})
