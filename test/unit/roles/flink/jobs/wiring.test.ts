import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { $ } from 'zx'
import { formatInventoryError } from '../../../../../engine/inventory/format-problems.ts'
import { parseFleet } from '../../../../../engine/inventory/parse.ts'
import { InventoryError } from '../../../../../engine/inventory/problem.ts'
import { offersOf } from '../../../../../engine/offer.ts'
import { collect } from '../../../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../../../engine/resources/index.ts'
import { varsOf } from '../../../../../engine/run/resolve.ts'
import { fleetJob } from '../../../../../roles/flink/jobs/fleet-jobs.ts'
import flink from '../../../../../roles/flink/index.ts'
import { flinkVars } from '../../../../../roles/flink/vars.ts'
import kafka from '../../../../../roles/kafka/index.ts'
import mariadb from '../../../../../roles/mariadb/index.ts'
import { store as mariadbStore } from '../../../../../roles/mariadb/store.ts'
import { mariadbVars } from '../../../../../roles/mariadb/vars.ts'
import { jobHosts, jobs } from '../../../../../roles/offers.ts'
import { nothingKept } from '../../kept.ts'
import { facts, fleetOf, type Pi } from '../fleet.ts'

const self = fileURLToPath(import.meta.url)
const MiB = 2 ** 20
const authority = { certificate: 'of Flink', issue: () => Promise.resolve(''), revoked: [], revoke: () => Promise.resolve('') }
const prepared = { program: { path: self, sha256: 'a'.repeat(64) }, authority }
const submitter = { path: self, sha256: 'b'.repeat(64) }
const keeping = {
  ...prepared,
  fleetCa: 'of the fleet',
  jobs: { keeper: { path: self, sha256: 'c'.repeat(64), bytes: 1 }, submitter, job: fleetJob },
}

const both = ['averages', 'anomalies']
const broker: Pi = { roles: ['kafka'] }
const store: Pi = { roles: ['mariadb'] }
const alone: Pi = { vars: { jobs: both, slots: 2 } }
const led: Pi = { vars: { jobs: both, shared: true } }
const worker: Pi = { vars: { processes: 'taskmanager', shared: true } }

function at(pis: readonly Pi[], index = 0) {
  const fleet = fleetOf(...pis)
  const host = fleet.hosts[index]
  if (!host) throw new Error('no host')
  const offered = offersOf(fleet, { flink, kafka, mariadb }, varsOf)
  return {
    fleet,
    host,
    offered,
    facts,
    vars: flinkVars.parse(host.vars['flink']),
    secret: (name: string) => `of ${name}`,
    kept: nothingKept,
  }
}
const desired = (pis: readonly Pi[], of: typeof prepared, index = 0): readonly AnyResource[] =>
  collect(flink.desired({ ...at(pis, index), prepared: of, beside: 96 * MiB }))
const cluster = (pis: readonly Pi[], index = 0): readonly AnyResource[] => {
  const { fleet, ...context } = at(pis, index)
  const hosts = fleet.hosts.map(host => ({ host, vars: flinkVars.parse(host.vars['flink']) }))
  return flink.cluster
    ? collect(flink.cluster({ ...context, fleet, hosts, prepared: context.vars.jobs.length > 0 ? keeping : prepared }))
    : []
}
const refusal = (pis: readonly Pi[], index = 0, more: object = {}) =>
  flink.refuse?.({ ...at(pis, index), beside: 96 * MiB, facts: { ...facts, ...more } })
const names = (all: readonly AnyResource[]) => all.map(nameOf)
const specOf = (all: readonly AnyResource[], name: string) => JSON.stringify(all.find(each => nameOf(each) === name)?.spec)

describe('a fleet without jobs', () => {
  it('has nothing of them, asks for no account and needs nobody', () => {
    const all = desired([{}], prepared)
    expect(names(all).filter(name => /jobs|submitter|fleet-ca/.test(name))).toEqual(['service flink-jobs.timer'])
    expect(specOf(all, 'service flink-jobs.timer')).toContain('"running":false')
    expect(specOf(all, names(all).find(name => name.startsWith('apt')) ?? '')).not.toContain('nodejs')
    expect(at([{}]).offered(jobs)).toEqual([])
    // They may be at work there until they were stopped: nobody takes their accounts before.
    expect(at([{}]).offered(jobHosts)).toHaveLength(1)
    expect([...(flink.needs?.(at([{}])) ?? [])]).toEqual([])
    expect(flink.status?.(at([{}])).units).toEqual(['flink-jobmanager', 'flink-taskmanager'])
    expect(flink.status?.(at([{}])).ask).not.toContain('flink-jobs')
    expect(refusal([{}])).toBeUndefined()
  })

  it('has those stopped that are left of another time', () => {
    const [left] = cluster([{}])
    if (!left) throw new Error('nothing is asked of jobs')
    const record = { name: 'averages', hash: 'x', id: '1', settled: true, stopping: false, refused: {} }
    const compare = (output: string) => {
      const [seen] = left.kind.read(output, [left.spec])
      return left.kind.compare(left.spec, seen, []).map(({ does }) => does)
    }
    expect(compare('')).toEqual([])
    expect(compare(JSON.stringify({ wanted: [], records: [record], jobs: [] }))).toEqual([
      'stop averages with a savepoint, and submit it no more',
    ])
  })
})

describe('a fleet with jobs', () => {
  const fleet = [alone, broker, store]

  it('has what looks after them on the Pi with the JobManager, and the CA of brokers and store beside its own', () => {
    const all = desired(fleet, keeping)
    expect(names(all)).toEqual(
      expect.arrayContaining([
        'directory /var/lib/flink/jobs',
        'archive /opt/flink-submitter',
        'file /etc/flink/jobs.json',
        'file /etc/flink/fleet-ca.pem',
        'file /etc/flink/tls/ca.pem',
      ]),
    )
    expect(specOf(all, 'file /etc/flink/fleet-ca.pem')).toContain('of the fleet')
    expect(specOf(all, 'file /etc/flink/tls/ca.pem')).toContain('of Flink')
    expect(specOf(all, 'service flink-jobs.timer')).toContain('"running":true')
    expect(specOf(all, names(all).find(name => name.startsWith('apt')) ?? '')).toContain('nodejs')
    const config = specOf(all, 'file /etc/flink/jobs.json')
    for (const part of ['http://127.0.0.1:8081', '/var/lib/flink/checkpoints', '/etc/flink/jobmanager', '/opt/flink/lib/*', '--add-opens'])
      expect(config).toContain(part)
  })

  it('on a Pi with a TaskManager alone has the CA, and nobody who submits', () => {
    const { jobs: _jobs, ...worked } = keeping
    const all = desired([led, worker, broker, store], worked, 1)
    expect(names(all)).toContain('file /etc/flink/fleet-ca.pem')
    expect(names(all)).not.toContain('archive /opt/flink-submitter')
    expect(specOf(all, 'service flink-jobs.timer')).toContain('"running":false')
  })

  it('has the jobs themselves as what belongs to the cluster, once brokers and store are there, and no start for them', () => {
    const [all, ...others] = cluster(fleet)
    expect([names(all ? [all] : []), others]).toEqual([['flink jobs averages, anomalies'], []])
    const spec = JSON.stringify(all?.spec)
    for (const part of ['10.0.0.2:9092', 'of kafka/', '10.0.0.3:3306', 'of mariadb/', '/etc/flink/fleet-ca.pem'])
      expect(spec).toContain(part)
    expect([...(flink.needs?.(at(fleet)) ?? [])].map(({ host, role }) => `${role} on ${host.name}`)).toEqual([
      'kafka on flink2',
      'mariadb on flink3',
    ])
    const restarts = (vars: object) =>
      desired([{ vars: { ...alone.vars, ...vars } }, broker, store], keeping)
        .filter(each => nameOf(each).startsWith('service flink-t'))
        .map(each => each.on.map(({ spec: of }) => JSON.stringify(of)))
    expect(restarts({ jobs: ['averages'] })).toEqual(restarts({}))
  })

  it('has them asked on the Pi with the JobManager only', () => {
    expect(cluster([led, worker, broker, store], 1)).toEqual([])
  })

  it('tells brokers and store which hosts read and write', () => {
    expect(
      at([led, worker])
        .offered(jobs)
        .map(({ host, value }) => [host.name, value.group, value.from.map(({ name }) => name)]),
    ).toEqual([['flink1', 'flink', ['flink1', 'flink2']]])
  })

  it('has an account in MariaDB at each host that writes, and reaches a store without TLS by its address where others write, too', () => {
    const accountOf = (pis: readonly Pi[], index: number) => {
      const { vars: _vars, ...context } = at(pis, index)
      const all = collect(mariadb.desired({ ...context, vars: mariadbVars.parse({ tls: false }), prepared: undefined }))
      return all
        .map(({ spec }) => spec as { readonly user?: string; readonly hosts?: readonly string[] })
        .find(({ user }) => user === 'job-flink1')
    }
    expect(accountOf([led, worker, broker, store], 3)?.hosts).toEqual(['10.0.0.1', '10.0.0.2'])
    const beside: Pi = { ...led, roles: ['flink', 'mariadb'] }
    expect(accountOf([beside, worker, broker], 0)?.hosts).toEqual(['10.0.0.1', '127.0.0.1', '10.0.0.2'])
    const reached = (hosts: readonly number[]) => {
      const { fleet: of } = at([beside, worker])
      const [own] = of.hosts
      if (!own) throw new Error('no host')
      return mariadbStore(own, mariadbVars.parse({ tls: false })).jobs?.store(
        own,
        of.hosts.filter((_, number) => hosts.includes(number)),
      ).host
    }
    expect([reached([0]), reached([0, 1])]).toEqual(['127.0.0.1', '10.0.0.1'])
  })

  it('keeps free what a submission takes for a moment, and takes it from what Flink grows by', () => {
    const use = (vars: object) => flink.memory({ ...at([{ vars: { slots: 2, ...vars } }]), beside: 96 * MiB })
    const total = (vars: object) => Object.values(use(vars)).reduce((sum, part) => sum + part, 0)
    expect(use({ jobs: both })['submission of a job, for a moment']).toBe(272 * MiB)
    expect(Object.keys(use({}))).toEqual(['JobManager', 'TaskManager'])
    expect(total({ jobs: both })).toBeLessThanOrEqual((1024 - 96) * MiB)
    expect(total({ jobs: both, processes: 'taskmanager' })).toBe(total({ processes: 'taskmanager' }))
  })

  it('where memory is short has the TaskManager make way for a submission, and wait for its end', () => {
    const of = (beside: number) => collect(flink.desired({ ...at(fleet), prepared: keeping, beside: beside * MiB }))
    const [wide, narrow] = [of(96), of(480)]
    expect(specOf(narrow, 'file /etc/flink/jobs.json')).toMatch(/insteadOf.*flink-taskmanager.*\/var\/lib\/flink\/taskmanager\/away/)
    const start = specOf(narrow, 'file /usr/local/lib/flink/start-taskmanager')
    // Once before a JVM makes its keystore, and once after it.
    expect(start).toMatch(/flock -s -w 600 \/var\/lib\/flink\/taskmanager\/away true.*keytool.*flock -s/)
    expect(specOf(narrow, 'file /etc/systemd/system/flink-taskmanager.service')).toContain('TimeoutStartSec=1260')
    expect(specOf(narrow, 'file /usr/local/lib/flink/start-jobmanager')).not.toContain('flock')
    expect(specOf(narrow, 'file /etc/systemd/system/flink-jobmanager.service')).not.toContain('TimeoutStartSec')
    expect(specOf(narrow, 'file /etc/flink/jobmanager/config.yaml')).toContain('start-up-time')
    expect(specOf(wide, 'file /etc/flink/jobmanager/config.yaml')).not.toContain('start-up-time')
    expect(specOf(wide, 'file /etc/flink/jobs.json')).not.toContain('insteadOf')
    expect(specOf(wide, 'file /usr/local/lib/flink/start-taskmanager')).not.toContain('flock')
  })

  it('is asked how each of them is, and the timer has to run', () => {
    const { units, ask } = flink.status?.(at(fleet)) ?? {}
    expect(units).toContain('flink-jobs.timer')
    expect(ask).toMatch(/timeout 30 \/usr\/bin\/node \S+ \S+ health$/)
  })
})

describe('health after a change', () => {
  it('is that of the processes, whatever jobs do: their turn is after it', async () => {
    const vars = flinkVars.parse({ ...alone.vars, processes: 'jobmanager', pagesPort: 1024 })
    const context = {
      $,
      vars,
      until: (attempt: () => Promise<unknown>) => attempt().then(() => {}),
      well: () => Promise.reject(new Error('asked for jobs')),
    }
    await expect(flink.healthy?.(context as never)).rejects.toThrow(/its JobManager runs and does not answer/)
    await expect(flink.healthy?.({ ...context, vars: flinkVars.parse({}) } as never)).rejects.toThrow('asked for jobs')
  })
})

describe('jobs that could not do their work are refused before anything changes', () => {
  it('none: slots for all, brokers and one store', () => {
    expect(refusal([alone, broker, store])).toBeUndefined()
    expect(refusal([{ ...led, model: 'rpi3b' }, { ...worker, model: 'rpi3b' }, broker, store], 1)).toBeUndefined()
  })

  it('a name that is none, or one twice', () => {
    const inventory = `fleet: lab\nhosts:\n  a: { address: 10.0.0.1, roles: [flink], vars: { flink: { jobs: [avarages] } } }\n`
    let said = ''
    try {
      parseFleet(inventory, '/project/pi.yaml', { flink: { vars: flink.vars, conflicts: [] } })
    } catch (error) {
      if (error instanceof InventoryError) said = formatInventoryError(error)
    }
    expect(said).toMatch(/must be one of averages, anomalies, not "avarages"[^]*did you mean "averages"\?/)
    expect(() => flinkVars.parse({ jobs: ['averages', 'averages'] })).toThrow('must name each job once')
  })

  it.for([
    ['too few slots', [{ vars: { jobs: both }, model: 'rpi3b+' }, broker, store], /averages, anomalies need 2, and there is 1/, /slots: 2/],
    ['no broker', [alone, store], /no host of the fleet is a broker/, /the role kafka/],
    ['no store', [alone, broker], /no store of the fleet keeps tables of jobs/, /the role mariadb/],
    ['two stores', [alone, broker, store, store], /could write to flink3 or flink4, and nothing says which/, /store: flink3/],
    [
      'a store that is none',
      [{ vars: { ...alone.vars, store: 'flink33' } }, broker, store],
      /host flink33 has no store that keeps tables/,
      /did you mean "flink3"/,
    ],
    [
      'jobs where no JobManager is',
      [{ vars: { shared: true } }, { vars: { ...worker.vars, jobs: both } }],
      /flink2 is told jobs/,
      /on flink1/,
    ],
    [
      'another host before the JobManager',
      [worker, led, broker, store],
      /flink2 has the JobManager, and flink1 stands before it/,
      /put flink2 before/,
    ],
  ] as const)('%s', ([, pis, reason, hint]) => {
    const refused = refusal(pis)
    expect(refused?.reason).toMatch(reason)
    expect(refused?.hint).toMatch(hint)
  })

  it('a choice among several stores is kept to', () => {
    const fleet = [{ vars: { ...alone.vars, store: 'flink4' } }, broker, store, store]
    expect(refusal(fleet)).toBeUndefined()
    expect(JSON.stringify(cluster(fleet)[0]?.spec)).toContain('10.0.0.4:3306')
  })

  it('a Pi whose memory has no room for the moment of a submission, with that number', () => {
    const fleet = (jobs: readonly string[]) => [{ vars: { jobs, processes: 'jobmanager', shared: true } }, worker, broker, store]
    const of = (jobs: readonly string[]) => refusal(fleet(jobs), 0, { memory: 512 * MiB })
    expect(of(both)?.reason).toMatch(/272 for a moment, when a job is submitted\..*[Gg]ive it no jobs/)
    expect(of([])).toBeUndefined()
  })
})
