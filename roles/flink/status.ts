import { asksPage } from '../../engine/listen.ts'
import type { Shell } from '../../engine/resources/index.ts'
import type { RoleAnswer } from '../../engine/status.ts'
import { checkpointFolder, expectedFile, savepointFolder, settingsFolder } from './config/paths.ts'
import { readHealth, type HealthAnswer } from './jobs/health.ts'
import { asksHealth } from './jobs/place.ts'
import { runs, submits } from './members.ts'
import { checkpointsNear } from './monitoring.ts'
import type { FlinkVars } from './vars.ts'

const MiB = 2 ** 20

/** Asks the JobManager of its Pi, and a TaskManager whether it is connected to one. It starts no JVM. */
export function asksProcesses(vars: Pick<FlinkVars, 'processes' | 'pagesPort'>): Shell {
  const setting = (key: string) => `sed -n 's/^${key.replaceAll('.', '\\.')}: *//p' ${settingsFolder('taskmanager')}/config.yaml`
  return [
    ...(runs(vars, 'jobmanager')
      ? [
          `printf 'expected=%s\\n' "$(cat ${expectedFile})"`,
          `(${asksPage({ address: '127.0.0.1' }, vars.pagesPort, '/overview', 10)}) | tr -d '\\r'; echo`,
          `printf 'taken=%s\\n' "$(du -skc ${checkpointFolder} ${savepointFolder} 2>/dev/null | sed -n 's/\\ttotal$//p')"`,
        ]
      : []),
    ...(runs(vars, 'taskmanager')
      ? [
          `a=$(${setting('jobmanager.rpc.address')}); case $a in *:*) a="[$a]" ;; esac`,
          `printf 'connected=%s\\n' "$(ss -Htn state established dst "$a" dport = ":$(${setting('jobmanager.rpc.port')})" | wc -l)"`,
        ]
      : []),
  ].join('\n')
}

/** What `/overview` says. */
interface Overview {
  readonly taskmanagers: number
  readonly 'slots-total': number
  readonly 'slots-available': number
  readonly 'jobs-running': number
  readonly 'flink-version': string
}

function overviewIn(output: string): Overview | undefined {
  const text = /^\{"taskmanagers":.*\}$/m.exec(output)?.[0]
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Overview)
  } catch {
    return undefined
  }
}

const takenIn = (output: string): number => Number(/^taken=(\d+)$/m.exec(output)?.[1] ?? 0) * 1024

/** Whether checkpoints are near the end of what is meant for them: told while there is time to do something. */
const isMuch = (output: string, { checkpoints }: Pick<FlinkVars, 'checkpoints'>): boolean =>
  takenIn(output) > checkpointsNear * checkpoints * MiB

/** Reads what `asksProcesses` printed. */
export const readProcesses =
  (vars: Pick<FlinkVars, 'processes' | 'checkpoints'>) =>
  (output: string): RoleAnswer => {
    const value = (name: string) => {
      const found = new RegExp(`^${name}=(\\d+)$`, 'm').exec(output)?.[1]
      return found === undefined ? undefined : Number(found)
    }
    // A TaskManager on a Pi without the JobManager has nobody else to ask.
    const away = runs(vars, 'taskmanager') && !value('connected') ? ['its TaskManager is not connected to the JobManager'] : []
    if (!runs(vars, 'jobmanager')) return { wrong: away, says: away.length ? [] : ['its TaskManager is connected to the JobManager'] }

    const overview = overviewIn(output)
    if (!overview) return { wrong: ['its JobManager runs and does not answer'] }
    const { taskmanagers, 'slots-total': slots, 'slots-available': free, 'jobs-running': jobs, 'flink-version': version } = overview
    const expected = value('expected') ?? 1
    const none = taskmanagers === 0 && runs(vars, 'taskmanager')
    return {
      wrong: [...away, ...(none ? ['no TaskManager is registered: no job has a slot'] : [])],
      warns: [
        ...(taskmanagers < expected && !none ? [`${taskmanagers} of ${expected} TaskManagers are registered`] : []),
        ...(isMuch(output, vars)
          ? [`checkpoints and savepoints take ${Math.ceil(takenIn(output) / MiB)} MiB, and ${vars.checkpoints} are meant for them`]
          : []),
      ],
      says: [
        `Flink ${version}`,
        `${taskmanagers} ${taskmanagers === 1 ? 'TaskManager' : 'TaskManagers'}`,
        `${slots - free} of ${slots} slots taken`,
        `${jobs} ${jobs === 1 ? 'job runs' : 'jobs run'}`,
      ],
    }
  }

/** The same, and on the Pi that submits jobs how these are. */
export const asksFlink = (vars: Pick<FlinkVars, 'processes' | 'pagesPort' | 'jobs'>): Shell =>
  submits(vars) ? `${asksProcesses(vars)}\ntimeout 30 ${asksHealth}` : asksProcesses(vars)

function healthIn(output: string): HealthAnswer | undefined {
  const text = /^\{"(?:jobs|silent)":.*\}$/m.exec(output)?.[0]
  try {
    return text === undefined ? undefined : (JSON.parse(text) as HealthAnswer)
  } catch {
    return undefined
  }
}

/** Reads what `asksFlink` printed. A job of the fleet that nobody tells of does not run. */
export const readFlink =
  (vars: Pick<FlinkVars, 'processes' | 'checkpoints' | 'jobs'>) =>
  (output: string): RoleAnswer => {
    const processes = readProcesses(vars)(output)
    if (!submits(vars)) return processes
    const answer = healthIn(output)
    if (!answer) return { ...processes, wrong: [...(processes.wrong ?? []), 'how its jobs are is not told'] }
    const told = 'jobs' in answer ? answer.jobs.map(({ name }) => name) : vars.jobs
    const untold = vars.jobs.filter(name => !told.includes(name)).map(name => `${name} was not submitted yet`)
    const { wrong = [], warns = [], says = [] } = readHealth(answer)
    const left = 'jobs' in answer ? (answer.left ?? 0) : 0
    const removable =
      left > 0 && isMuch(output, vars)
        ? [`no job goes on from ${left} ${left === 1 ? 'folder' : 'folders'} of these, which \`flink-jobs left\` on this Pi lists`]
        : []
    return {
      wrong: [...(processes.wrong ?? []), ...untold, ...wrong],
      warns: [...(processes.warns ?? []), ...removable, ...warns],
      says: [...(processes.says ?? []), ...says],
    }
  }
