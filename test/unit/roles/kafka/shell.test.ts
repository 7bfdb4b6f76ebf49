import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { adminCommand, adminPath, doesErrand } from '../../../../roles/kafka/admin/run.ts'
import { clusterKind } from '../../../../roles/kafka/cluster/kind.ts'
import { wantedOf } from '../../../../roles/kafka/cluster/wanted.ts'
import { startScript } from '../../../../roles/kafka/config/start.ts'
import { members } from '../../../../roles/kafka/members.ts'
import kafka from '../../../../roles/kafka/index.ts'
import { asksStorage } from '../../../../roles/kafka/storage/begin.ts'
import { formatText } from '../../../../roles/kafka/storage/format.ts'
import { release } from '../../../../roles/kafka/release.ts'
import { kafkaVars } from '../../../../roles/kafka/vars.ts'
import { fleetOf } from './fleet.ts'

const fleet = fleetOf({}, {})
const all = members(fleet)
const [own] = all
const [host] = fleet.hosts
if (!own || !host) throw new Error('no broker')
const spec = { ...wantedOf(all, { producers: [{ name: 'pi1' }], sinks: [] }, () => `it's a "password"`), asked: own }

/** A program that prints what it gets, in place of the tool. */
const shown = (text: string) => spawnSync('bash', ['-c', text.replaceAll(`/usr/bin/node ${adminPath}`, 'cat')], { encoding: 'utf8' })

describe('text for a shell', () => {
  it.for([
    ['an errand', doesErrand(all, { ask: ['users'] })],
    ['what is asked of a cluster', clusterKind.ask([spec])],
    ['whether a turn may begin', kafka.ready?.({ host, fleet, vars: kafkaVars.parse({}) }).ask ?? ''],
    ['formatting', formatText('abc', 'joins')],
    ['what storage there is', asksStorage],
    ['the command of a person', adminCommand(own, [own])],
    ['settings of a start', startScript({ address: '::' }, 9405)],
  ])('%s is bash', ([, text]) => {
    const { status, stderr } = spawnSync('bash', ['-n', '-c', text ?? ''], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('lets a person make levels final, who says yes to it, or nobody', () => {
    const text = adminCommand(own, all).replaceAll(`/usr/bin/node ${adminPath}`, 'cat')
    const run = (words: readonly string[], input: string) =>
      spawnSync('bash', ['-c', text, 'kafka-admin', ...words], { encoding: 'utf8', input })
    const said = run(['finalise'], 'yes\n')
    expect(said.stdout).toMatch(/cannot be undone/)
    const errand = { change: [{ finalise: release.levels, knownTo: all.map(({ host }) => ({ host: host.address, port: 9093 })) }] }
    expect(JSON.parse(said.stdout.slice(said.stdout.indexOf('{')))).toMatchObject(errand)
    expect(JSON.parse(run(['finalise', '--yes'], '').stdout)).toMatchObject(errand)
    for (const input of ['no\n', ''])
      expect(run(['finalise'], input)).toMatchObject({
        status: 1,
        stderr: 'nothing was changed\n',
        stdout: expect.not.stringContaining('{') as string,
      })
    expect(run(['wrong'], '')).toMatchObject({ status: 64, stdout: '' })
  })

  it('gives the tool its errand on standard input, passwords too, and on no command line', () => {
    const [step] = clusterKind.change(
      spec,
      {
        brokers: [],
        topics: [{ name: 'temperature', internal: false, partitions: [] }],
        users: [],
        rules: { rules: spec.rules, others: [] },
        quorum: { leader: own.id, voters: [{ id: own.id, directory: 'd' }], observers: [] },
        configs: { temperature: spec.topic.configs },
        logins: {},
        features: [],
      },
      [],
    )
    const text = step && 'run' in step ? step.run : ''
    expect(text).not.toContain('password')
    const { stdout } = shown(text.replace(/ >\/dev\/null$/, ''))
    expect(JSON.parse(stdout)).toMatchObject({
      at: [
        { host: '10.0.0.1', port: 9093 },
        { host: '10.0.0.2', port: 9093 },
      ],
      caFile: '/etc/kafka/tls/ca.pem',
      change: [{ user: 'producer.pi1', password: `it's a "password"` }],
    })
  })

  it('a turn may not begin, for the reasons that the tool tells', () => {
    const errand = doesErrand(all, { whole: own.id }).replaceAll(
      `/usr/bin/node ${adminPath}`,
      `bash -c 'cat >/dev/null; echo t-0 lacks >&2; false'`,
    )
    const { status, stdout } = spawnSync('bash', ['-c', `{ ${errand}; } 2>&1 >/dev/null`], { encoding: 'utf8' })
    expect([status, stdout]).toEqual([1, 't-0 lacks\n'])
  })
})
