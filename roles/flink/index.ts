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
import { jobHosts, jobs, metrics, pages } from '../offers.ts'
import { packFlink } from './artifact.ts'
import { jmxExporter } from './config/exporter.ts'
import { jvmOptions, log4j, openFlags } from './config/jvm-options.ts'
import { nodeOf } from './config/node.ts'
import { awayFile, checkpointFolder, expectedFile, exporterFile, processes, programFolder, savepointFolder } from './config/paths.ts'
import { settingsFolder, stateFolder, tlsFiles, unitOf, logFolder } from './config/paths.ts'
import { configYaml } from './config/settings.ts'
import { startPath, startScript } from './config/start.ts'
import { unit } from './config/unit.ts'
import { flinkDisk } from './disk.ts'
import { javaOf } from './java.ts'
import { flinkJobs } from './jobs/kind.ts'
import { fleetCaFile, keeperConfig } from './jobs/place.ts'
import { refuseJobs } from './jobs/refusals.ts'
import { keepsJobs, purgesJobs, stopsJobs, type PreparedJobs } from './jobs/resources.ts'
import { jobTask, offersJobs } from './jobs/task.ts'
import { workOf } from './jobs/work.ts'
import { members, processesOf, runs, submits, withProcess } from './members.ts'
import { panels, rulesOf, taskPanels } from './monitoring.ts'
import { bitsOf, flinkUse, planFor } from './place.ts'
import { refuseBoard, refuseCluster } from './refusals.ts'
import { asksFlink, asksProcesses, readFlink, readProcesses } from './status.ts'
import { flinkVars, type FlinkVars } from './vars.ts'

interface Prepared {
  readonly program: Artifact
  readonly authority: Authority
  /** The certificate of the fleet's CA; absent: the fleet has no jobs. */
  readonly fleetCa?: string
  /** Where jobs are submitted. */
  readonly jobs?: PreparedJobs
}

export default role('flink', {
  vars: flinkVars,

  memory: flinkUse,
  disk: flinkDisk,

  refuse(pi) {
    const all = members(pi.fleet)
    try {
      refuseCluster(all)
      refuseBoard(pi.facts, pi.vars)
      const plan = planFor(pi)
      if ('refused' in plan) return { reason: plan.refused, hint: 'variables of other roles that say their memory make room, too' }
      refuseJobs(all, { name: pi.host.name, slots: plan.taskManager?.options.slots ?? 0 }, pi.offered)
      return undefined
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      return { reason: error.message, hint: error.hint ?? '' }
    }
  },

  *offers({ fleet, vars }) {
    if (submits(vars))
      yield offer(
        jobs,
        offersJobs(
          vars,
          withProcess(members(fleet), 'taskmanager').map(({ host }) => host),
        ),
      )
    if (runs(vars, 'jobmanager')) {
      yield offer(jobHosts, true)
      yield offer(metrics, { port: vars.metricsPort, job: 'flink-jobmanager', title: 'Flink’s JobManager', rules: rulesOf(vars), panels })
      yield offer(pages, { url: `http://127.0.0.1:${vars.pagesPort}/`, title: 'Flink', near: true })
    }
    if (runs(vars, 'taskmanager'))
      yield offer(metrics, { port: vars.taskMetricsPort, job: 'flink-taskmanager', title: 'its TaskManager', panels: taskPanels })
  },

  async prepare({ vars, fleet, authority }): Promise<Prepared> {
    // A CA of its own: who speaks to these processes can run code in them, and the fleet's CA signs for others, too.
    const [program, ca] = await Promise.all([packFlink(vars.state), authority('flink')])
    if (!workOf(members(fleet))) return { program, authority: ca }
    const { certificate: fleetCa } = await authority()
    if (!submits(vars)) return { program, authority: ca, fleetCa }
    return { program, authority: ca, fleetCa, jobs: await (await import('./jobs/prepare.ts')).prepareJobs(program) }
  },

  *desired({ host, fleet, facts, vars, prepared, beside = 0 }) {
    const plan = planFor({ host, facts, vars, beside })
    if ('refused' in plan) throw new Failed({ message: plan.refused, hint: 'nothing was changed' })
    const all = members(fleet)
    const node = nodeOf(host.name, all, plan)
    const { authority, fleetCa, jobs: keeping } = prepared

    yield apt(javaOf(facts.release), 'openssl', ...(keeping ? ['nodejs'] : []))
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
      const makesWay = plan.inTurn === true && process === 'taskmanager'
      const own = [
        yield file(`${folder}/config.yaml`, configYaml(node, process)),
        yield file(`${folder}/jvm.options`, jvmOptions(plan, process, bitsOf(facts), withPort(listen, node.ports.metrics[process]))),
        yield file(`${folder}/log4j.properties`, log4j),
        yield file(startPath(process), startScript(process, makesWay), { mode: '0755' }),
        yield file(`/etc/systemd/system/${unitOf(process)}.service`, unit(process, vars.shared, makesWay)),
      ]
      yield service(unitOf(process), { restartOn: [...both, ...own] })
    }
    // Read at each connect: another one starts nothing again.
    if (fleetCa !== undefined) yield file(fleetCaFile, fleetCa)
    if (keeping) yield* keepsJobs(keeping, keeperConfigOf(vars, plan.inTurn))
    else yield* stopsJobs()
  },

  // Only the Pi with the JobManager can tell of jobs: where there are any it is the first with Flink, which is the one that is asked. A fleet
  // that has none any more has those stopped that are left.
  *cluster({ fleet, vars, prepared, secret, offered }) {
    if (!runs(vars, 'jobmanager')) return
    const work = workOf(members(fleet))
    if (!work) yield flinkJobs([])
    else {
      const { jobs: made } = prepared
      // None would be all of them stopped.
      if (!made) throw new Error('nothing was prepared for the jobs of this fleet')
      const { place } = jobTask(work, offered, secret)
      yield flinkJobs(work.jobs.map(name => made.job(name, place)))
    }
  },

  *stopped() {
    yield* stopsJobs()
    for (const process of [...processes].reverse()) yield service(unitOf(process), { enabled: false, running: false })
  },

  // Java and Node.js stay: others may use them.
  *purged() {
    yield* purgesJobs()
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

  // Accounts and tables of jobs belong to the clusters of others: these are there before jobs are submitted.
  needs({ vars, fleet, offered }) {
    const work = submits(vars) ? workOf(members(fleet)) : undefined
    return work ? jobTask(work, offered, name => name).needs : []
  },

  status: ({ vars }) => ({
    units: [...processesOf(vars).map(unitOf), ...(submits(vars) ? ['flink-jobs.timer'] : [])],
    ask: asksFlink(vars),
    read: readFlink(vars),
    within: 180,
  }),

  // How jobs are decides nothing here: they are submitted, or edited, once the processes are well, and then waited for.
  async healthy({ $, vars, until, well }) {
    if (!submits(vars)) return well()
    await until(async () => {
      const { wrong = [] } = readProcesses(vars)((await $`bash -c ${asksProcesses(vars)}`.nothrow()).stdout)
      if (wrong.length > 0)
        throw new Failed({
          message: `Flink does not do its work: ${wrong.join('; ')}`,
          hint: 'see `journalctl -b -n 50 -u flink-jobmanager`',
        })
    }, 180)
  },
})

/** What the keeper of jobs is told. `inTurn`: the TaskManager makes way for a submission. */
const keeperConfigOf = ({ pagesPort }: Pick<FlinkVars, 'pagesPort'>, inTurn = false) =>
  keeperConfig(
    { url: `http://127.0.0.1:${pagesPort}` },
    { checkpoints: checkpointFolder, savepoints: savepointFolder },
    {
      jars: `${programFolder}/lib`,
      settings: settingsFolder('jobmanager'),
      opens: openFlags,
      log4j: `${settingsFolder('jobmanager')}/log4j.properties`,
      ...(inTurn && { insteadOf: { unit: unitOf('taskmanager'), lock: awayFile } }),
    },
  )

const bothMounted = `mountpoint -q ${checkpointFolder} && mountpoint -q ${savepointFolder}`

/** Without it a Pi would write its part of a checkpoint where nobody else looks. */
const isMounted = command('the folders that all Pis with Flink share', {
  unless: bothMounted,
  run: `${bothMounted} || { echo 'mount the folder of all Pis with Flink at ${checkpointFolder} and ${savepointFolder} first' >&2; false; }`,
})
