import { collectorEntry } from '../../collector/entry.ts'
import { buildProgram, type Program } from '../../engine/programs/index.ts'
import { collectorUnit } from '../../collector/unit.ts'
import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { asksPage, knowsAddress, listenOf } from '../../engine/listen.ts'
import { apt, certificate, command, file, pathGone, service, user, type AnyResource } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { metrics, producers, readings } from '../offers.ts'
import { panels, rules } from './monitoring.ts'
import { collectorConfig } from './config.ts'
import { readCollector } from './status.ts'
import { caFile, certificateFile, passwordsOf, targetsOf } from './targets.ts'
import { collectorVars } from './vars.ts'

const MiB = 1024 * 1024
const queue = '/var/lib/private/collector'

interface Prepared {
  readonly bundle: Program
  /** The fleet's CA, where a store of the fleet speaks TLS. */
  readonly authority: Authority | undefined
}

export default role('collector', {
  vars: collectorVars,

  memory: ({ vars }) => ({ agent: vars.memoryMax * MiB }),

  // Debian's Node.js with what it needs; readings that wait for a database, at the bound the agent has.
  disk: () => ({ 'Node.js and the agent': { now: 110 * MiB }, 'readings that wait': { at: queue, now: 64 * MiB } }),

  async prepare({ offered, authority }): Promise<Prepared> {
    const [bundle, opened] = await Promise.all([
      buildProgram(collectorEntry),
      offered(readings).some(({ value }) => value.tls) ? authority() : undefined,
    ])
    return { bundle, authority: opened }
  },

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.metricsPort, job: 'collector', title: 'its collector', board: 'Collectors', rules, panels })
    const { interval, note, backends, store } = vars
    yield offer(producers, { location: host.name, interval, note, ...(backends && { backends }), ...(store !== undefined && { store }) })
  },

  *desired({ host, vars, prepared: { bundle, authority }, secret, offered }) {
    // The agent knows its address by itself; this tells a name that cannot serve, and lets the run ask where it listens.
    yield* knowsAddress(listenOf(host, vars.listen))
    const targets = targetsOf(host, offered, vars)
    const isKnown = authority !== undefined && targets.some(({ certificate: wanted }) => wanted)
    yield apt('nodejs', ...(isKnown ? ['openssl'] : []))
    const program = yield file('/opt/collector/collect.cjs', { source: bundle.path }, { mode: '0755' })
    // systemd hands passwords over as credentials; where it has none to hand out, the agent reads them here, so they are the agent's.
    yield user('collector')
    const accounts = passwordsOf(targets)
    const credentials = Object.fromEntries(accounts.map(({ file: name }) => [name, `/etc/collector/${name}`]))
    const passwords: AnyResource[] = []
    for (const account of accounts)
      passwords.push(yield file(`/etc/collector/${account.file}`, `${secret(account.secret)}\n`, { secret: true, owner: 'collector' }))
    const ca = authority !== undefined && targets.some(({ tls }) => tls) ? [yield file(caFile, authority.certificate)] : []
    // Read at each connect: one that is renewed starts nothing again.
    if (isKnown) yield certificate(certificateFile, { authority, subject: host.name, names: namesOf(host), owner: 'collector' })
    const config = yield file('/etc/collector/config.json', collectorConfig(host, targets, vars))
    const unit = yield file('/etc/systemd/system/collector.service', collectorUnit({ credentials, memoryMax: vars.memoryMax }))
    yield file('/usr/local/bin/collect', '#!/bin/sh\nexec /usr/bin/node /opt/collector/collect.cjs "$@"\n', { mode: '0755' })
    yield service('collector', { restartOn: [program, ...passwords, ...ca, config, unit] })
  },

  *stopped() {
    yield service('collector', { enabled: false, running: false })
  },

  // Node.js stays: others may use it.
  *purged() {
    for (const path of ['/opt/collector', '/etc/collector', '/etc/systemd/system/collector.service', '/usr/local/bin/collect'])
      yield pathGone(path)
    yield command('no user collector', { unless: '! getent passwd collector', run: 'userdel collector' })
  },

  // Readings that wait to be delivered, too.
  data: { path: queue },

  backup: async () => (await import('./backup.ts')).collectorBackup,
  loses: async () => ['readings that its queue had not delivered yet are lost: nobody else knows how many'],

  // Its stores, with the accounts in them.
  needs: ({ host, vars, offered }) => targetsOf(host, offered, vars),

  status({ host, vars }) {
    const page = (path: string) => asksPage(listenOf(host, vars.listen), vars.metricsPort, path, 10)
    // A store that was made meanwhile is tried again once a minute at the latest.
    return { units: ['collector'], ask: `${page('/healthz')}; printf '\\035'; ${page('/metrics')}`, read: readCollector, within: 120 }
  },
})
