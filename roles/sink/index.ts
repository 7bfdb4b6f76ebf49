import { collectorEntry } from '../../collector/entry.ts'
import { sinkUnit } from '../../collector/unit.ts'
import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { asksPage, knowsAddress, listenOf } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { buildProgram, type Program } from '../../engine/programs/index.ts'
import { apt, certificate, command, file, pathGone, service, user, type AnyResource } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { metrics, sinks } from '../offers.ts'
import { caFile, certificateFile, taskOf } from './config.ts'
import { panels, rules } from './monitoring.ts'
import { readSink } from './status.ts'
import { groupOf, sinkVars } from './vars.ts'

const MiB = 1024 * 1024
const program = '/opt/sink/collect.cjs'
const configFile = '/etc/sink/config.json'
const letters = '/usr/local/bin/dead-letters'

interface Prepared {
  readonly bundle: Program
  /** The fleet's CA. */
  readonly authority: Authority
}

export default role('sink', {
  vars: sinkVars,

  memory: ({ vars }) => ({ sink: vars.memoryMax * MiB }),

  // Debian's Node.js with what it needs. What is not stored stays with the brokers.
  disk: () => ({ 'Node.js and the sink': { now: 110 * MiB } }),

  *offers({ vars }) {
    yield offer(metrics, { port: vars.metricsPort, job: 'sink', title: 'its sink', board: 'Sinks', rules, panels })
    const { from, to, store } = vars
    yield offer(sinks, { from, to, group: groupOf(vars), ...(store !== undefined && { store }) })
  },

  async prepare({ authority }): Promise<Prepared> {
    const [bundle, opened] = await Promise.all([buildProgram(collectorEntry), authority()])
    return { bundle, authority: opened }
  },

  *desired({ host, vars, prepared: { bundle: made, authority }, secret, offered }) {
    const { config, passwords, subject } = taskOf(host, offered, vars)
    yield* knowsAddress(listenOf(host, vars.listen))
    yield apt('nodejs', ...(subject === undefined ? [] : ['openssl']))
    const bundle = yield file(program, { source: made.path }, { mode: '0755' })
    // systemd hands passwords over as credentials; where it has none to hand out, the sink reads them here, so they are the sink's.
    yield user('sink')
    const read: AnyResource[] = []
    for (const [name, of] of Object.entries(passwords))
      read.push(yield file(`/etc/sink/${name}`, `${secret(of)}\n`, { secret: true, owner: 'sink' }))
    // Read at each connect: one that is renewed starts nothing again.
    if (subject !== undefined) yield certificate(certificateFile, { authority, subject, names: namesOf(host), owner: 'sink' })
    read.push(yield file(caFile, authority.certificate))
    read.push(yield file(configFile, `${JSON.stringify(config, undefined, 2)}\n`))
    const credentials = Object.fromEntries(Object.keys(passwords).map(name => [name, `/etc/sink/${name}`]))
    const unit = yield file(
      '/etc/systemd/system/sink.service',
      sinkUnit({ program, config: configFile, credentials, memoryMax: vars.memoryMax, keepsLetters: vars.from === 'mqtt' }),
    )
    yield file(letters, `#!/bin/sh\nexec /usr/bin/node ${program} dead-letters --config ${configFile} "$@"\n`, { mode: '0755' })
    yield service('sink', { restartOn: [bundle, ...read, unit] })
  },

  *stopped() {
    yield service('sink', { enabled: false, running: false })
  },

  // Node.js stays: others may use it.
  *purged() {
    for (const path of ['/opt/sink', '/etc/sink', '/etc/systemd/system/sink.service', letters]) yield pathGone(path)
    yield command('no user sink', { unless: '! getent passwd sink', run: 'userdel sink' })
  },

  // Dead letters, where they are in no topic.
  data: { path: '/var/lib/private/sink' },

  needs: ({ host, vars, offered }) => taskOf(host, offered, vars).needs,

  status({ host, vars }) {
    const page = (path: string) => asksPage(listenOf(host, vars.listen), vars.metricsPort, path, 10)
    // A store that was made meanwhile is tried again once a minute at the latest.
    return { units: ['sink'], ask: `${page('/healthz')}; printf '\\035'; ${page('/metrics')}`, read: readSink, within: 120 }
  },
})
