import { fileURLToPath } from 'node:url'
import { fromTarball, packMaven } from '../../engine/artifacts/index.ts'
import { apt, archive, command, directory, file, service, user, type Artifact } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { printsBytes } from '../../engine/shell.ts'
import { cql, jmxExporter, logback, nodetool, rackdc, unit } from './config/files.ts'
import { firstOptions, javaOf, openOptions, serverOptions } from './config/jvm.ts'
import { cassandraYaml, seedsYaml, stateFolder, tokensYaml } from './config/yaml.ts'
import { firstTokens, members, seedsOf, systemCopies } from './members.ts'
import { cassandraMemory, cassandraUse } from './memory.ts'
import { schema } from './schema.ts'
import { adminAccount, cassandraVars, collectorAccount, place } from './vars.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const agentJar = 'jmx_prometheus_javaagent-1.0.1.jar'
// Natives of systems no Pi runs; Linux of both makes stays, for the lab runs on either.
const foreign = [/-(osx|windows)-/, /-linux-riscv64/]

interface Prepared {
  readonly server: Artifact
  /** Where the server does not come from Maven its agent still does. */
  readonly agent?: Artifact
}

export default role('cassandra', {
  vars: cassandraVars,
  conflicts: ['mariadb'],

  memory: ({ facts, vars }) => cassandraUse(facts, vars),

  async prepare({ vars }): Promise<Prepared> {
    if (!vars.tarball) return { server: await packMaven(here('pom.xml'), { leaveOut: foreign }) }
    const [server, agent] = await Promise.all([
      fromTarball(vars.tarball.source, vars.tarball.sha512),
      packMaven(here('pom.xml'), { leaveOut: [/^(?!jmx_prometheus_javaagent)/] }),
    ])
    return { server, agent }
  },

  *desired({ host, fleet, facts, vars, prepared, secret }) {
    const memory = cassandraMemory(facts, vars)
    const java = javaOf(facts.release)
    yield apt(java.package)
    yield apt('nodejs')
    yield user('cassandra', { home: stateFolder })
    yield directory(stateFolder, { owner: 'cassandra', mode: '0750' })

    const server = yield archive('/opt/cassandra', prepared.server)
    const agents = prepared.agent ? [yield archive('/opt/jmx-exporter', prepared.agent)] : []
    const agent = `${prepared.agent ? '/opt/jmx-exporter' : '/opt/cassandra'}/lib/${agentJar}`

    const copies = Math.min(vars.replication, members(fleet).length)
    // Asked when the node starts, and only then: other seeds are no reason to start again.
    yield file('/etc/cassandra/seeds.yaml', seedsYaml(seedsOf(host, fleet)))
    const configs = [
      yield file('/etc/cassandra/cassandra.yaml', cassandraYaml(host.address, memory, vars)),
      yield file('/etc/cassandra/jvm.options', serverOptions(facts, memory, vars, agent)),
      yield file('/etc/cassandra/open.options', openOptions(facts.release)),
      yield file('/etc/cassandra/cassandra-rackdc.properties', rackdc),
      yield file('/etc/cassandra/logback.xml', logback('INFO', 'System.out')),
      yield file('/etc/cassandra/jmx-exporter.yaml', jmxExporter(vars)),
      yield file('/etc/systemd/system/cassandra.service', unit),
    ]
    // Before its first start, and never again: with other tokens than it joined with a node does not start.
    yield command('tokens of this node', {
      unless: `[ -s ${stateFolder}/tokens.yaml ] && [ -e ${stateFolder}/first.options ]`,
      run: `cd ${stateFolder} && { ${printsBytes(firstOptions(systemCopies(fleet))).replace('\n', () => ' >first.options\n')}} && { ${printsBytes(tokensYaml(firstTokens(host, fleet, copies))).replace('\n', () => ' >tokens.new\n')}} && sync tokens.new first.options && mv tokens.new tokens.yaml`,
    })

    yield file('/etc/cassandra/logback-tools.xml', logback('ERROR', 'System.err'))
    yield file('/usr/local/bin/nodetool', nodetool, { mode: '0755' })
    yield file('/usr/local/lib/cassandra/cql.mjs', { source: here('cql/cql.mjs') })
    yield file('/usr/local/bin/cql', cql, { mode: '0755' })
    const admin = { user: adminAccount.user, password: secret(adminAccount.secret) }
    yield file('/etc/cassandra/cql.json', `${JSON.stringify({ host: host.address, port: vars.port, ...admin })}\n`, { secret: true })

    yield service('cassandra', { restartOn: [server, ...agents, ...configs] })
    yield schema({
      keyspace: vars.keyspace,
      datacenter: place.datacenter,
      replication: copies,
      table: vars.table,
      columns: { reading_location: 'text', reading_date: 'timestamp', reading_note: 'text', reading_value: 'double' },
      partition: ['reading_location', 'reading_date'],
      admin,
      writer: { user: collectorAccount.user, password: secret(collectorAccount.secret) },
    })
  },

  *stopped() {
    yield service('cassandra', { enabled: false, running: false })
  },

  async healthy({ $, vars, until }) {
    await until(() => $`cql -e ${`SELECT reading_value FROM ${vars.keyspace}.${vars.table} LIMIT 1`}`, 300)
    // Its own line of the ring: info tells the identity, for addresses may be names in the inventory.
    await until(() => $`id=$(nodetool info | sed -n 's/^ID *: *//p'); nodetool status | grep -q "^UN .*$id"`, 120)
  },
})
