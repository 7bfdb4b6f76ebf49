import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { jmxExporter, unit } from '../../../../roles/cassandra/config/files.ts'
import { firstOptions, javaOf, openOptions, serverOptions } from '../../../../roles/cassandra/config/jvm.ts'
import { cassandraYaml, seedsYaml, tokensYaml } from '../../../../roles/cassandra/config/yaml.ts'
import { seedsOf, weightsOf } from '../../../../roles/cassandra/nodes.ts'
import { cassandraMemory } from '../../../../roles/cassandra/memory.ts'
import { layout, ownership } from '../../../../roles/cassandra/tokens/index.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'

const vars = cassandraVars.parse({})
const facts = { memory: 1024 ** 3, cores: 4, release: 'bookworm' }
const memory = cassandraMemory(facts, vars)
const host = (name: string, address: string, model: string, weight?: number): Host =>
  ({
    name,
    address,
    model,
    port: 22,
    user: 'pi',
    jump: [],
    groups: [],
    roles: ['cassandra'],
    vars: weight ? { cassandra: { weight } } : {},
    at: { file: '', line: 1, column: 1 },
  }) as unknown as Host
const hosts = [
  host('mysql', '192.168.1.90', 'rpi2b'),
  host('cassandra2', '192.168.1.20', 'rpi3b', 12),
  host('third', '192.168.1.30', 'rpi3b'),
  host('fourth', '192.168.1.40', 'rpi3b'),
]
const fleetOf = (count: number) =>
  ({ hosts: [...hosts.slice(0, count), { ...host('other', '192.168.1.50', 'rpi3b'), roles: [] }] }) as unknown as Fleet

describe('where a node finds the ring', () => {
  it('never names itself a seed, unless it is the first', () => {
    const fleet = fleetOf(4)
    expect(hosts.map(one => seedsOf(one, fleet))).toEqual([
      ['192.168.1.90'],
      ['192.168.1.90'],
      ['192.168.1.90', '192.168.1.20'],
      ['192.168.1.90', '192.168.1.20'],
    ])
  })

  it('starts with tokens by weight', () => {
    const fleet = fleetOf(2)
    expect(weightsOf(fleet)).toEqual({ mysql: 6, cassandra2: 12 })
    const owns = ownership(layout(weightsOf(fleet), 1))
    expect(owns.get('cassandra2')).toBeCloseTo(2 / 3, 9)
  })
})

describe('its files', () => {
  it('settings, tokens and seeds make one file', () => {
    const text = `${cassandraYaml('192.168.1.20', memory, vars)}${tokensYaml([-5n, 7n])}${seedsYaml(['192.168.1.90', '192.168.1.91'])}`
    expect(parse(text)).toMatchObject({
      num_tokens: 2,
      initial_token: '-5,7',
      listen_address: '192.168.1.20',
      endpoint_snitch: 'GossipingPropertyFileSnitch',
      authenticator: 'PasswordAuthenticator',
      seed_provider: [{ parameters: [{ seeds: '192.168.1.90,192.168.1.91' }] }],
      memtable_heap_space: '48MiB',
      file_cache_size: '32MiB',
    })
    expect(tokensYaml(Array.from({ length: 64 }, (_, index) => BigInt(index)))).toMatch(/^num_tokens: 64\ninitial_token: "?[\d,]+"?\n$/)
  })

  it('JMX stays on the loopback interface', () => {
    const options = serverOptions(facts, memory, vars, 4)
    expect(options).toContain('-Dcassandra.jmx.local.port=7199\n')
    expect(options).not.toContain('jmx.remote')
    expect(options).toContain('-Xmx256m\n')
  })

  it('takes the Java its Debian has', () => {
    expect(javaOf('bookworm')).toMatchObject({ package: 'openjdk-17-jre-headless', options: [] })
    expect(openOptions('bookworm')).toContain('jdk.internal.util.jar=')
    expect(openOptions('trixie')).not.toContain('jdk.internal.util.jar=')
    expect(javaOf('trixie').options).toEqual(['-Djava.security.manager=allow'])
    expect(() => javaOf('buster')).toThrow('bookworm and trixie')
  })

  it('asks the exporter for named beans only', () => {
    const { includeObjectNames } = parse(jmxExporter(vars)) as { includeObjectNames: string[] }
    expect(includeObjectNames.length).toBeGreaterThan(10)
    for (const name of includeObjectNames) expect(name).toMatch(/^org\.apache\.cassandra\.\w+:type=\w+/)
  })

  it('first-start options are spelled with dots', () => {
    expect(firstOptions()).toBe('-Dcassandra.system_distributed.default_rf=3\n-Dcassandra.system_traces.default_rf=3\n')
    expect(firstOptions('10.0.0.2')).toContain('-Dcassandra.replace_address_first_boot=10.0.0.2\n')
  })
  it('IPv6 stays text for YAML, whose numbers some of it is', () => {
    const six = '2001:10:20:30:40:50:1:2'
    expect(seedsYaml([six])).toContain(`"${six}"`)
    expect(seedsYaml(['fd00::1', 'fd00::2'])).toContain('seeds: "fd00::1,fd00::2"')
    expect(seedsYaml(['10.0.0.1'])).toContain('seeds: 10.0.0.1\n')
  })

  it('the JVM keeps to IPv4 only where the ring does', () => {
    const keeps = (family: 4 | 6 | undefined) => serverOptions(facts, memory, vars, family).includes('preferIPv4Stack=true')
    expect([keeps(4), keeps(6), keeps(undefined)]).toEqual([true, false, false])
  })
  it('the unit runs java itself, on what its start put together', () => {
    expect(unit).toMatch(
      /^ExecStartPre=\/usr\/local\/lib\/cassandra\/settings-of-start\nExecStart=\/usr\/bin\/java @.* @\/run\/cassandra\/agent\.options /m,
    )
  })
})
