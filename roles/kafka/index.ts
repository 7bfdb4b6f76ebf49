import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { asksPage, knowsAddress, listenOf } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { buildProgram, type Program } from '../../engine/programs/index.ts'
import {
  act,
  apt,
  archive,
  archiveGone,
  certificate,
  file,
  inTurn,
  pathGone,
  service,
  user,
  type Artifact,
} from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { Failed } from '../../engine/errors.ts'
import { ratesTo } from '../rates.ts'
import { shareOf } from '../shares.ts'
import { asksVersion } from '../version.ts'
import { brokers, certificates, jobHosts, jobs, metrics, producers, readings, sinks } from '../offers.ts'
import { guardPanels, guardRules, panelsOf, rulesOf } from './monitoring.ts'
import { adminCommand, adminEntry, adminPath, doesErrand } from './admin/run.ts'
import { packKafka } from './artifact.ts'
import { cluster } from './cluster/kind.ts'
import { jobAccount, producerAccount, sinkAccount, wantedOf } from './cluster/wanted.ts'
import { guardConfig, guardConfigPath, guardEntry, guardPath, guardStart, guardStartPath, guardUnit } from './guard/config.ts'
import { jmxExporter, log4j, unit } from './config/files.ts'
import { javaOf, serverOptions } from './config/jvm.ts'
import { clientEndpoint, subjectOf } from './config/listeners.ts'
import { stateFolder, tlsFiles } from './config/paths.ts'
import { fleetProperties, serverProperties } from './config/properties.ts'
import { startPath, startScript } from './config/start.ts'
import { clusterId, clusterSecret } from './identity.ts'
import { kafkaDisk } from './disk.ts'
import { releaseFits } from './downgrade.ts'
import { leavesCluster } from './leaving.ts'
import { kafkaMemory, kafkaUse, promisedRss, replicasOf } from './memory.ts'
import { memberOf, members, weightsOf } from './members.ts'
import { refuseBoard, refuseCluster } from './refusals.ts'
import { readKafka } from './status.ts'
import { store } from './store.ts'
import { beginStorage } from './storage/begin.ts'
import { isFormatted } from './storage/format.ts'
import { kafkaVars } from './vars.ts'

interface Prepared {
  readonly server: Artifact
  readonly admin: Program
  readonly guard: Program
  readonly authority: Authority
}

export default role('kafka', {
  backup: async () => (await import('./backup.ts')).kafkaBackup,
  loses: async context => (await import('./loses.ts')).loses(context),
  operations: { rebalance: async () => (await import('./rebalance/index.ts')).rebalance },

  vars: kafkaVars,

  memory: ({ facts, vars }) => kafkaUse(facts, vars),

  disk({ host, fleet, facts, offered }) {
    const all = members(fleet)
    return kafkaDisk(memberOf(fleet, host.name), all, facts, ratesTo(offered, 'kafka', all[0]?.host.name ?? host.name))
  },

  refuse({ facts, fleet, vars }) {
    const memory = kafkaMemory(facts, vars)
    try {
      refuseCluster(members(fleet))
      refuseBoard(facts, { ...memory, total: promisedRss(memory), replicas: replicasOf(vars) })
      return undefined
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      return { reason: error.message, hint: error.hint ?? '' }
    }
  },

  *offers({ host, fleet, vars }) {
    yield offer(certificates, { path: tlsFiles.own })
    const weights = weightsOf(fleet)
    yield offer(metrics, { port: vars.metricsPort, job: 'kafka', title: 'Kafka', rules: rulesOf(weights), panels: panelsOf(weights) })
    yield offer(metrics, {
      port: vars.guardPort,
      job: 'kafka-guard',
      title: 'guard of Kafka’s card',
      board: 'Kafka',
      rules: guardRules,
      panels: guardPanels,
    })
    const account = (producer: { readonly name: string }) => producerAccount(producer.name)
    const job = (of: { readonly name: string }) => jobAccount(of.name)
    const sink = (of: { readonly name: string }) => sinkAccount(of.name)
    yield offer(brokers, { address: clientEndpoint(memberOf(fleet, host.name)), topic: vars.topic, account, sink, job })
    // The cluster is one store, and its first broker speaks for it.
    const all = members(fleet)
    if (all[0]?.host.name === host.name) yield offer(readings, store(all, vars))
  },

  async prepare({ authority }): Promise<Prepared> {
    const [server, admin, guard, ca] = await Promise.all([packKafka(), buildProgram(adminEntry), buildProgram(guardEntry), authority()])
    return { server, admin, guard, authority: ca }
  },

  *desired({ host, fleet, facts, vars, prepared, secret }) {
    const own = memberOf(fleet, host.name)
    const memory = kafkaMemory(facts, vars)
    const id = clusterId(secret(clusterSecret))
    const { authority } = prepared

    yield apt(javaOf(facts.release), 'nodejs', 'openssl')
    yield* knowsAddress(listenOf(host, undefined))
    const metricsListen = listenOf(host, vars.metricsListen)
    const known = yield* knowsAddress(metricsListen)
    yield user('kafka', { home: stateFolder })
    yield releaseFits(members(fleet))
    // The server that runs loads from there, and starts from there when it has to: others' turns come first.
    const server = yield inTurn(archive('/opt/kafka', prepared.server), 'kafka', { only: 'restart' })
    const shown = [
      yield certificate(tlsFiles.own, { authority, subject: subjectOf(host.name), names: namesOf(host), owner: 'kafka' }),
      yield file(tlsFiles.ca, authority.certificate),
    ]
    yield file(adminPath, { source: prepared.admin.path })
    yield file('/usr/local/bin/kafka-admin', adminCommand(own, members(fleet)), { mode: '0755' })
    // Asked when the broker starts, and only then: other brokers are no reason to start again.
    yield file('/etc/kafka/fleet.properties', fleetProperties(members(fleet)))
    const configs = [
      yield file('/etc/kafka/server.properties', serverProperties(own, memory)),
      yield file('/etc/kafka/jvm.options', serverOptions(memory)),
      yield file('/etc/kafka/log4j2.properties', log4j),
      yield file('/etc/kafka/jmx-exporter.yaml', jmxExporter),
      yield file(startPath, startScript(metricsListen, vars.metricsPort), { mode: '0755' }),
      yield file('/etc/systemd/system/kafka.service', unit),
    ]
    const does = 'format it, once: it starts the cluster, or joins the one there is'
    yield inTurn(act(`storage`, { unless: isFormatted(id, own.id), does, act: context => beginStorage(context, id) }), 'kafka')
    yield inTurn(service('kafka', { restartOn: [server, ...known, ...shown, ...configs] }), 'kafka')
    const guards = [
      yield file(guardPath, { source: prepared.guard.path }),
      yield file(guardConfigPath, `${JSON.stringify(guardConfig(own))}\n`),
      yield file(guardStartPath, guardStart(metricsListen), { mode: '0755' }),
      yield file('/etc/systemd/system/kafka-guard.service', guardUnit),
    ]
    yield service('kafka-guard', { restartOn: [...known, ...guards] })
  },

  *cluster({ fleet, host, secret, offered }) {
    const all = members(fleet)
    const users = {
      producers: offered(producers).map(({ host: sender }) => sender),
      sinks: offered(sinks).flatMap(({ host: sink, value: { from, group } }) => (from === 'kafka' ? [{ host: sink, group }] : [])),
      jobs: offered(jobs).map(({ host: of, value: { group } }) => ({ host: of, group })),
      jobHosts: offered(jobHosts).map(({ host: of }) => of),
    }
    yield cluster(wantedOf(all, users, secret), memberOf(fleet, host.name))
  },

  *stopped() {
    yield service('kafka-guard', { enabled: false, running: false })
    yield service('kafka', { enabled: false, running: false })
  },

  *leaving({ host, fleet }) {
    yield inTurn(leavesCluster(host, members(fleet)), 'kafka')
  },

  // Java and Node.js stay: others may use them.
  *purged() {
    yield archiveGone('/opt/kafka')
    for (const path of [
      '/etc/kafka',
      '/usr/local/lib/kafka',
      '/usr/local/bin/kafka-admin',
      '/etc/systemd/system/kafka.service',
      '/etc/systemd/system/kafka-guard.service',
      '/var/log/kafka',
    ])
      yield pathGone(path)
  },

  data: { path: stateFolder, leaves: 'what a broker holds goes to the others before it leaves' },

  // A broker's turn comes when each partition has all of its other copies. One that does not run takes nothing from anybody when it starts.
  ready({ host, fleet }) {
    const own = memberOf(fleet, host.name)
    const errand = doesErrand(members(fleet), { timeout: 10, whole: own.id })
    return { ask: `! systemctl is-active -q kafka || { ${errand}; } 2>&1 >/dev/null` }
  },

  status: ({ host, fleet, vars }) => ({
    units: ['kafka', 'kafka-guard'],
    ask: [
      ...[vars.metricsPort, vars.guardPort].map(port => `(${asksPage(listenOf(host, vars.metricsListen), port, '/metrics', 10)})`),
      asksVersion('/opt/kafka/lib/kafka-server-[0-9]*.jar'),
    ].join('; echo; '),
    read: output => readKafka(output, shareOf(weightsOf(fleet), host.name)),
    within: 180,
  }),

  // A broker whose heap is full collects garbage for ever, and looks alive to everybody who only asks for its process.
  async healthy({ $, host, fleet, until, well }) {
    const own = memberOf(fleet, host.name)
    await until(() => $`bash -c ${`${doesErrand([own], { timeout: 20, probe: own.id })} >/dev/null`}`, 180)
    await well()
  },
})
