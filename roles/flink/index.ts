import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { Failed } from '../../engine/errors.ts'
import { withPort } from '../../engine/inventory/address.ts'
import { knowsAddress, listenOf } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import {
  apt,
  archive,
  archiveGone,
  certificate,
  command,
  file,
  pathGone,
  service,
  user,
  type Artifact,
} from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { metrics, pages } from '../offers.ts'
import { packFlink } from './artifact.ts'
import { jmxExporter } from './config/exporter.ts'
import { jvmOptions, log4j } from './config/jvm-options.ts'
import { nodeOf } from './config/node.ts'
import { checkpointFolder, expectedFile, exporterFile, processes, programFolder, savepointFolder } from './config/paths.ts'
import { settingsFolder, stateFolder, tlsFiles, unitOf, logFolder } from './config/paths.ts'
import { configYaml } from './config/settings.ts'
import { startPath, startScript } from './config/start.ts'
import { unit } from './config/unit.ts'
import { flinkDisk } from './disk.ts'
import { javaOf } from './java.ts'
import { members, processesOf, runs, withProcess } from './members.ts'
import { panels, rules, taskPanels } from './monitoring.ts'
import { bitsOf, flinkUse, planFor } from './place.ts'
import { refuseBoard, refuseCluster } from './refusals.ts'
import { asksFlink, readFlink } from './status.ts'
import { flinkVars } from './vars.ts'

interface Prepared {
  readonly program: Artifact
  readonly authority: Authority
}

export default role('flink', {
  vars: flinkVars,

  memory: flinkUse,
  disk: flinkDisk,

  refuse(pi) {
    try {
      refuseCluster(members(pi.fleet))
      refuseBoard(pi.facts, pi.vars)
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      return { reason: error.message, hint: error.hint ?? '' }
    }
    const plan = planFor(pi)
    return 'refused' in plan ? { reason: plan.refused, hint: 'variables of other roles that say their memory make room, too' } : undefined
  },

  *offers({ vars }) {
    if (runs(vars, 'jobmanager')) {
      yield offer(metrics, { port: vars.metricsPort, job: 'flink-jobmanager', title: 'Flink’s JobManager', rules, panels })
      yield offer(pages, { url: `http://127.0.0.1:${vars.pagesPort}/`, title: 'Flink', near: true })
    }
    if (runs(vars, 'taskmanager'))
      yield offer(metrics, { port: vars.taskMetricsPort, job: 'flink-taskmanager', title: 'its TaskManager', panels: taskPanels })
  },

  async prepare({ vars, authority }): Promise<Prepared> {
    // A CA of its own: who speaks to these processes can run code in them, and the fleet's CA signs for others, too.
    const [program, ca] = await Promise.all([packFlink(vars.state), authority('flink')])
    return { program, authority: ca }
  },

  *desired({ host, fleet, facts, vars, prepared, beside = 0 }) {
    const plan = planFor({ host, facts, vars, beside })
    if ('refused' in plan) throw new Failed({ message: plan.refused, hint: 'nothing was changed' })
    const all = members(fleet)
    const node = nodeOf(host.name, all, plan)
    const { authority } = prepared

    yield apt(javaOf(facts.release), 'openssl')
    yield* knowsAddress(listenOf(host, undefined))
    yield* knowsAddress(listenOf(host, vars.metricsListen))
    yield user('flink', { home: stateFolder })
    if (vars.shared) yield isMounted
    const program = yield archive(programFolder, prepared.program)
    const both = [
      program,
      yield certificate(tlsFiles.own, { authority, subject: `flink:${host.name}`, names: namesOf(host), owner: 'flink' }),
      yield file(tlsFiles.ca, authority.certificate),
      yield file(exporterFile, jmxExporter),
    ]
    // Only asked by `status`: another TaskManager is no reason to start again.
    if (runs(vars, 'jobmanager')) yield file(expectedFile, `${withProcess(all, 'taskmanager').length}\n`)
    for (const process of processes) {
      if (!runs(vars, process)) {
        yield service(unitOf(process), { enabled: false, running: false })
        continue
      }
      const listen = vars.metricsListen ?? host.address
      const folder = settingsFolder(process)
      const own = [
        yield file(`${folder}/config.yaml`, configYaml(node, process)),
        yield file(`${folder}/jvm.options`, jvmOptions(plan, process, bitsOf(facts), withPort(listen, node.ports.metrics[process]))),
        yield file(`${folder}/log4j.properties`, log4j),
        yield file(startPath(process), startScript(process), { mode: '0755' }),
        yield file(`/etc/systemd/system/${unitOf(process)}.service`, unit(process, vars.shared)),
      ]
      yield service(unitOf(process), { restartOn: [...both, ...own] })
    }
  },

  *stopped() {
    for (const process of [...processes].reverse()) yield service(unitOf(process), { enabled: false, running: false })
  },

  // Java stays: others may use it.
  *purged() {
    yield archiveGone(programFolder)
    for (const path of [
      '/etc/flink',
      '/usr/local/lib/flink',
      ...processes.map(process => `/etc/systemd/system/${unitOf(process)}.service`),
      logFolder,
    ])
      yield pathGone(path)
  },

  data: { path: stateFolder },

  status: ({ vars }) => ({ units: processesOf(vars).map(unitOf), ask: asksFlink(vars), read: readFlink(vars), within: 180 }),
})

const bothMounted = `mountpoint -q ${checkpointFolder} && mountpoint -q ${savepointFolder}`

/** Without it a Pi would write its part of a checkpoint where nobody else looks. */
const isMounted = command('the folders that all Pis with Flink share', {
  unless: bothMounted,
  run: `${bothMounted} || { echo 'mount the folder of all Pis with Flink at ${checkpointFolder} and ${savepointFolder} first' >&2; false; }`,
})
