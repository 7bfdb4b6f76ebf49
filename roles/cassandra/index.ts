import { fileURLToPath } from 'node:url'
import { fromTarball, packMaven } from '../../engine/artifacts/index.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { asksPage, knowsAddress, listenOf } from '../../engine/listen.ts'
import { offer, type OfferedBy } from '../../engine/offer.ts'
import {
  act,
  apt,
  archive,
  archiveGone,
  certificate,
  command,
  file,
  inTurn,
  pathGone,
  service,
  user,
  type AnyResource,
  type Artifact,
} from '../../engine/resources/index.ts'
import type { Authority } from '../../engine/ca/authority.ts'
import { buildProgram, type Program } from '../../engine/programs/index.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { role } from '../../engine/role.ts'
import { certificates, metrics, pastReadings, producers, readings } from '../offers.ts'
import { ratesTo } from '../rates.ts'
import { shareOf } from '../shares.ts'
import { asksVersion } from '../version.ts'
import { panelsOf, rulesOf } from './monitoring.ts'
import { sinksTo } from '../sinks.ts'
import { isOpen, letsIn } from './claimed.ts'
import { cql, cqlProgram, jmxExporter, logback, nodetool, rackdc, unit } from './config/files.ts'
import { javaOf, openOptions, serverOptions } from './config/jvm.ts'
import { startPath, startScript } from './config/start.ts'
import { cassandraYaml, seedsYaml, stateFolder, tlsFiles } from './config/yaml.ts'
import { cassandraDisk } from './disk.ts'
import { figuresEntry, figuresFile, noRingFigures, ringFiguresGone } from './figures/index.ts'
import { becomeMember, joiningOf, placed, seenByAll, settled, takePlace } from './joining.ts'
import { nodesOf, ringFamily, seedsOf, weightsOf } from './nodes.ts'
import { cassandraMemory, cassandraUse } from './memory.ts'
import { nodeData, outMark, outOfRing, purgedPaths } from './leaving.ts'
import { isRoots, takesFolder } from './node/index.ts'
import { writerOf, type Writer } from './producers.ts'
import { reclaim, reclaimPath } from './reclaim.ts'
import { repairedKeyspaces, repairScript, repairScriptPath, repairService, repairTimer, repairUnit } from './scheduled-repair.ts'
import { schema } from './schema.ts'
import { readCassandra } from './status.ts'
import { store } from './store.ts'
import { mayStep, stepIs } from './tls-step.ts'
import { readingTables } from './tables/readings.ts'
import { journalOnHost } from './rebalance/operation.ts'
import {
  adminAccount,
  cassandraVars,
  clientsSpeakTls,
  producerAccount,
  saltSecret,
  sinkAccount,
  topology,
  type CassandraVars,
} from './vars.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const agentJar = 'jmx_prometheus_javaagent-1.0.1.jar'
// Natives of systems no Pi runs; Linux of both makes stays, for the lab runs on either.
const foreign = [/-(osx|windows)-/, /-linux-riscv64/]

const loginFile = '/etc/cassandra/cql.json'
const placeName = 'place in the ring'

function* noRepairs() {
  for (const unit of [`${repairUnit}.timer`, repairUnit]) yield service(unit, { enabled: false, running: false })
}

/** Nodes start, join and change the ring one at a time. */
const inRing = <R extends AnyResource>(resource: R) => inTurn(resource, 'cassandra')

const takes = ({ tokens }: CassandraVars) =>
  `take a place in the ring: ${tokens === 'random' ? 'the server draws its tokens' : 'its tokens are computed from the live ring'} when it joins`

/** Accounts of producers and sinks, each once: a host may send readings under several roles. */
function writers(offered: OfferedBy, ring: string, secret: (name: string) => string): readonly Writer[] {
  const names = (hosts: readonly Host[]) => [...new Set(hosts.map(({ name }) => name))]
  const accounts = [
    ...names(offered(producers).map(({ host }) => host)).map(producerAccount),
    ...names(sinksTo(offered, 'cassandra', ring)).map(sinkAccount),
  ]
  return accounts.map(({ user, secret: of }) => writerOf(user, secret(of), secret(saltSecret)))
}

interface Prepared {
  /** The program behind `cql`. */
  readonly cql: Program
  /** The one that tells figures of the ring. */
  readonly figures: Program
  /** What has it at work: loaded where a host has the role. */
  readonly figuring: typeof import('./figures/work.ts')
  readonly server: Artifact
  /** Where the server does not come from Maven its agent still does. */
  readonly agent?: Artifact
  /** Where nodes show each other who they are. */
  readonly authority?: Authority
}

export default role('cassandra', {
  vars: cassandraVars,
  conflicts: ['mariadb'],
  backup: async () => (await import('./backup/index.ts')).cassandraBackup,
  loses: async context => (await import('./loses.ts')).loses(context),
  operations: { rebalance: async () => (await import('./rebalance/index.ts')).rebalance },

  memory: ({ facts, vars }) => cassandraUse(facts, vars),
  // To producers the ring is its first node.
  disk: ({ offered, ...of }) => cassandraDisk(of, ratesTo(offered, 'cassandra', nodesOf(of.fleet)[0]?.name ?? of.host.name), stateFolder),

  *offers({ host, fleet, vars }) {
    if (vars.tls !== 'off') yield offer(certificates, { path: tlsFiles.own })
    yield offer(metrics, {
      port: vars.metricsPort,
      job: 'cassandra',
      title: 'Cassandra',
      rules: rulesOf(weightsOf(fleet)),
      panels: panelsOf(weightsOf(fleet)),
    })
    yield offer(pastReadings, { store: 'Cassandra', question: async () => (await import('./past.ts')).pastQuestion(vars) })
    // The ring is one store, and its first node speaks for it.
    const nodes = nodesOf(fleet)
    if (nodes[0]?.name === host.name) yield offer(readings, store(nodes, vars))
  },

  async prepare({ vars, authority }): Promise<Prepared> {
    const shown = vars.tls === 'off' ? {} : { authority: await authority() }
    const programs = {
      cql: await buildProgram(here('cql/cql.ts')),
      figures: await buildProgram(figuresEntry),
      figuring: await import('./figures/work.ts'),
    }
    if (!vars.tarball) return { ...programs, server: await packMaven(here('pom.xml'), { leaveOut: foreign }), ...shown }
    const [server, agent] = await Promise.all([
      fromTarball(vars.tarball.source, vars.tarball.sha512),
      packMaven(here('pom.xml'), { leaveOut: [/^(?!jmx_prometheus_javaagent)/] }),
    ])
    return { ...programs, server, agent, ...shown }
  },

  *desired({ host, fleet, facts, vars, prepared, secret, offered }) {
    const memory = cassandraMemory(facts, vars)
    const java = javaOf(facts.release)
    const family = ringFamily(fleet)
    const listen = listenOf(host, undefined)
    yield apt(java.package)
    yield apt('nodejs')
    const known = yield* knowsAddress(listen, family)
    yield user('cassandra', { home: stateFolder })
    yield command(`${stateFolder} is root's, but for the data`, { unless: isRoots, run: takesFolder })

    yield pathGone(outMark)
    const server = yield archive('/opt/cassandra', prepared.server)
    const agents = prepared.agent ? [yield archive('/opt/jmx-exporter', prepared.agent)] : []
    const agent = `${prepared.agent ? '/opt/jmx-exporter' : '/opt/cassandra'}/lib/${agentJar}`

    const shown: AnyResource[] = []
    if (prepared.authority) {
      yield apt('openssl')
      const { authority } = prepared
      shown.push(yield certificate(tlsFiles.own, { authority, subject: host.name, names: namesOf(host), owner: 'cassandra' }))
      shown.push(yield file(tlsFiles.ca, authority.certificate))
    }
    // Before its settings change: a start that nobody planned would come with them.
    yield inRing(
      act('tls of the ring', {
        unless: stepIs(vars.tls),
        does: `look whether all nodes take ${vars.tls === 'off' ? 'clear text' : `tls: ${vars.tls}`}`,
        act: mayStep(vars.tls),
      }),
    )
    // Asked when the node starts, and only then: other seeds are no reason to start again.
    yield file('/etc/cassandra/seeds.yaml', seedsYaml(seedsOf(host, fleet)))
    const configs = [
      yield file(
        '/etc/cassandra/cassandra.yaml',
        cassandraYaml(spelled(host.address), memory, vars, 'name' in listen ? family : undefined),
      ),
      yield file('/etc/cassandra/jvm.options', serverOptions(facts, memory, vars, family)),
      yield file('/etc/cassandra/open.options', openOptions(facts.release)),
      yield file('/etc/cassandra/cassandra-rackdc.properties', rackdc),
      yield file('/etc/cassandra/logback.xml', logback('INFO', 'System.out')),
      yield file('/etc/cassandra/jmx-exporter.yaml', jmxExporter(vars)),
      yield file(
        startPath,
        startScript({ node: listen, family, metrics: listenOf(host, vars.metricsListen), metricsPort: vars.metricsPort, agent }),
        { mode: '0755' },
      ),
      yield file('/etc/systemd/system/cassandra.service', unit),
    ]
    yield file('/etc/cassandra/logback-tools.xml', logback('ERROR', 'System.err'))
    yield file('/usr/local/bin/nodetool', nodetool, { mode: '0755' })
    yield file(cqlProgram, { source: prepared.cql.path })
    yield file('/usr/local/bin/cql', cql, { mode: '0755' })
    yield file(reclaimPath, reclaim, { mode: '0700' })
    const admin = { user: adminAccount.user, password: secret(adminAccount.secret) }
    const tls = clientsSpeakTls(vars) ? { ca: tlsFiles.ca } : {}
    const login = file(
      loginFile,
      `${JSON.stringify({ host: spelled(host.address), ...('name' in listen && family && { family }), port: vars.port, ...tls, ...admin })}\n`,
      { secret: true },
    )
    // The ring does not know a new password yet: who may tell it stands in the file as it was.
    const former = yield command('login before this one', {
      unless: `[ ! -s ${loginFile} ] || [ "$(sha256sum <${loginFile})" = '${login.spec.sha256}  -' ]`,
      run: `(umask 077; cat ${loginFile} >>${loginFile}.before) && sync ${loginFile}.before`,
    })
    yield login

    // Before a start that this change may not want yet, and before its seeds are taken back.
    yield inRing(
      command('no change of the ring is cut off', {
        unless: `[ ! -e ${journalOnHost} ]`,
        run: `echo 'a rebalance of this ring was cut off: finish it with \`rebalance cassandra --resume\`, or leave it so with \`rebalance cassandra --abort\`; then run this again' >&2; false`,
      }),
    )
    const place = yield inRing(
      act(placeName, { unless: placed, does: takes(vars), act: async context => takePlace(await joiningOf(context, vars)) }),
    )
    const running = yield inRing(service('cassandra', { restartOn: [server, ...agents, ...known, ...shown, ...configs] }))
    yield inRing(
      act('member of the ring', {
        unless: settled,
        does: 'wait until it is one, then keep to the seeds of the inventory',
        on: [place, running],
        act: async context => becomeMember(await joiningOf(context, vars)),
      }),
    )
    yield inRing(
      schema({
        keyspace: vars.keyspace,
        datacenter: topology.datacenter,
        replication: vars.replication,
        tables: readingTables(vars),
        admin,
        // To others the ring is its first node.
        writers: writers(offered, nodesOf(fleet)[0]?.name ?? host.name, secret),
        writersRead: vars.producersRead,
      }),
    )
    yield inRing(command('clients are let in from the network', { unless: isOpen, run: letsIn, timeout: 600 }))
    yield inRing(
      command('logins that are over', { unless: `[ ! -e ${loginFile}.before ]`, run: `rm -f ${loginFile}.before`, on: [former] }),
    )

    yield* prepared.figuring.ringFigures(prepared.figures.path)

    // Of a node that is alone there is no other copy.
    if (vars.repair === 'off' || nodesOf(fleet).length < 2) yield* noRepairs()
    else {
      yield file(repairScriptPath, repairScript(repairedKeyspaces(vars)), { mode: '0755' })
      yield file(`/etc/systemd/system/${repairUnit}.service`, repairService)
      const timer = yield file(
        `/etc/systemd/system/${repairUnit}.timer`,
        repairTimer(
          vars.repair,
          nodesOf(fleet).findIndex(({ name }) => name === host.name),
        ),
      )
      yield service(`${repairUnit}.timer`, { restartOn: [timer] })
    }
  },

  *stopped() {
    yield* noRepairs()
    yield* noRingFigures()
    yield service('cassandra', { enabled: false, running: false })
  },

  *leaving({ host, fleet }) {
    yield inRing(outOfRing(host, nodesOf(fleet)))
  },

  // Java and Node.js stay: others may use them.
  *purged() {
    yield archiveGone('/opt/cassandra')
    yield archiveGone('/opt/jmx-exporter')
    yield* ringFiguresGone()
    for (const path of purgedPaths) yield pathGone(path)
  },

  data: nodeData,

  status: ({ host, fleet, vars }) => ({
    units: ['cassandra'],
    ask: `(${asksPage(listenOf(host, vars.metricsListen), vars.metricsPort, '/metrics', 10)}); echo
${asksVersion('/opt/cassandra/lib/apache-cassandra-[0-9]*.jar')}; [ ! -r ${figuresFile} ] || printf '%s\\n' "$(<${figuresFile})"`,
    read: output => readCassandra(output, shareOf(weightsOf(fleet), host.name)),
  }),

  async healthy(context) {
    const { $, vars, until, changed, say } = context
    await until(() => $`cql -e ${`SELECT reading_value FROM ${vars.keyspace}.${vars.table} LIMIT 1`}`, 300)
    const joining = await joiningOf(context, vars)
    let ring = ''
    await until(async () => {
      ring = await seenByAll(joining)
    }, 180)
    if (changed.has(`act ${placeName}`)) say(ring)
  },
})
