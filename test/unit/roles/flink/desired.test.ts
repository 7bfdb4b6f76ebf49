import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { offersOf } from '../../../../engine/offer.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../../engine/resources/index.ts'
import { varsOf } from '../../../../engine/run/resolve.ts'
import flink from '../../../../roles/flink/index.ts'
import { flinkVars } from '../../../../roles/flink/vars.ts'
import { metrics, pages } from '../../../../roles/offers.ts'
import { nothingKept } from '../kept.ts'
import { facts, fleetOf, type Pi } from './fleet.ts'

const self = fileURLToPath(import.meta.url)
const authority = {
  certificate: '-----BEGIN CERTIFICATE-----',
  issue: () => Promise.resolve(''),
  revoked: [],
  revoke: () => Promise.resolve(''),
}
const prepared = { program: { path: self, sha256: 'a'.repeat(64) }, authority }
const worker: Pi = { vars: { processes: 'taskmanager', shared: true } }

/** What a Pi of a fleet is to be, the first by default. */
function desired(pis: readonly Pi[], at = 0, beside = 0): readonly AnyResource[] {
  const fleet = fleetOf(...pis)
  const host = fleet.hosts[at]
  if (!host) throw new Error('no host')
  const vars = flinkVars.parse(host.vars['flink'])
  return collect(flink.desired({ host, fleet, facts, vars, prepared, secret: name => name, offered: () => [], kept: nothingKept, beside }))
}
const specOf = (all: readonly AnyResource[], name: string) => JSON.stringify(all.find(each => nameOf(each) === name)?.spec)

describe('a Pi with Flink', () => {
  it('has both processes, the JobManager first, each started again for what it reads', () => {
    const all = desired([{}])
    expect(all.map(nameOf).filter(name => name.startsWith('service'))).toEqual([
      'service flink-jobmanager',
      'service flink-taskmanager',
      'service flink-jobs.timer',
    ])
    const on = all.find(each => nameOf(each) === 'service flink-taskmanager')?.on.map(nameOf)
    expect(on).toContain('archive /opt/flink')
    expect(on).toContain('certificate /etc/flink/tls/own.pem')
    expect(on).toContain('file /etc/flink/taskmanager/config.yaml')
    expect(on).not.toContain('file /etc/flink/jobmanager/config.yaml')
  })

  it('with one process has the other one off', () => {
    const all = desired([{ vars: { shared: true } }, worker], 1)
    expect(specOf(all, 'service flink-jobmanager')).toContain('"running":false')
    expect(specOf(all, 'service flink-taskmanager')).toContain('"running":true')
    expect(all.map(nameOf)).toContain('command the folders that all Pis with Flink share')
    expect(specOf(all, 'file /etc/flink/taskmanager/config.yaml')).toContain('jobmanager.rpc.address: 10.0.0.1')
  })

  it('is not started again for a TaskManager that comes', () => {
    const restarts = (...pis: readonly Pi[]) =>
      desired(pis)
        .filter(each => nameOf(each).startsWith('service'))
        .map(each => each.on.map(({ kind, spec }) => [kind.name, JSON.stringify(spec)]))
    const one: Pi = { vars: { shared: true } }
    expect(restarts(one, worker, worker)).toEqual(restarts(one, worker))
    expect(specOf(desired([one, worker]), 'file /etc/flink/taskmanagers')).toContain('2')
  })

  it('is sized by what other roles leave', () => {
    const heap = (beside: number) =>
      /-Xmx(\d+)m/.exec(specOf(desired([{}], 0, beside), 'file /etc/flink/taskmanager/jvm.options') ?? '')?.[1]
    expect(Number(heap(0))).toBeGreaterThan(Number(heap(450 * 2 ** 20)))
  })

  it('is refused with the line that does not fit, before anything is installed', () => {
    const fleet = fleetOf({})
    const [host] = fleet.hosts
    if (!host) throw new Error('no host')
    const refusal = (beside: number, vars = {}) =>
      flink.refuse?.({ host, fleet, facts, vars: flinkVars.parse(vars), beside, offered: () => [] })
    expect(refusal(96 * 2 ** 20)).toBeUndefined()
    expect(refusal(900 * 2 ** 20)?.reason).toMatch(/^Flink needs 502 MiB at least, and 124 are left of 1024.*JobManager 221/)
  })

  it('offers its figures, and a page on its own loopback', () => {
    const fleet = fleetOf({ vars: { shared: true } }, worker)
    const offered = offersOf(fleet, { flink }, varsOf)
    expect(offered(metrics).map(({ host, value }) => [host.name, value.job, value.port])).toEqual([
      ['flink1', 'flink-jobmanager', 9407],
      ['flink1', 'flink-taskmanager', 9408],
      ['flink2', 'flink-taskmanager', 9408],
    ])
    expect(offered(pages).map(({ host, value }) => [host.name, value.url, value.near])).toEqual([
      ['flink1', 'http://127.0.0.1:8081/', true],
    ])
  })
})
