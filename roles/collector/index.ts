import { buildCollector, type CollectorBundle } from '../../collector/build.ts'
import { collectorUnit } from '../../collector/unit.ts'
import { apt, file, service, user, type AnyResource } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { collectorConfig, targetsOf } from './config.ts'
import { healthOf, notStoring, type CollectorHealth } from './health.ts'
import { caFile, speaksTls } from './targets.ts'
import { collectorVars } from './vars.ts'

const MiB = 1024 * 1024

interface Prepared {
  readonly bundle: CollectorBundle
  /** The certificate of the fleet's CA, where a database of the fleet speaks TLS. */
  readonly ca: string | undefined
}

export default role('collector', {
  vars: collectorVars,

  memory: ({ vars }) => ({ agent: vars.memoryMax * MiB }),

  async prepare({ fleet, authority }): Promise<Prepared> {
    const [bundle, ca] = await Promise.all([buildCollector(), speaksTls(fleet) ? authority() : undefined])
    return { bundle, ca: ca?.certificate }
  },

  *desired({ host, fleet, vars, prepared, secret }) {
    yield apt('nodejs')
    const program = yield file('/opt/collector/collect.cjs', { source: prepared.bundle.path }, { mode: '0755' })
    // systemd hands passwords over as credentials; where it has none to hand out, the agent reads them here, so they are the agent's.
    yield user('collector')
    const targets = targetsOf(host, fleet, vars)
    const credentials = Object.fromEntries(targets.map(({ backend }) => [backend.passwordFile, `/etc/collector/${backend.passwordFile}`]))
    const passwords: AnyResource[] = []
    for (const { backend, secret: name } of targets)
      passwords.push(yield file(`/etc/collector/${backend.passwordFile}`, `${secret(name)}\n`, { secret: true, owner: 'collector' }))
    const ca = prepared.ca !== undefined && targets.some(({ backend }) => 'tls' in backend) ? [yield file(caFile, prepared.ca)] : []
    const config = yield file('/etc/collector/config.json', collectorConfig(host, fleet, vars))
    const unit = yield file('/etc/systemd/system/collector.service', collectorUnit({ credentials, memoryMax: vars.memoryMax }))
    yield file('/usr/local/bin/collect', '#!/bin/sh\nexec /usr/bin/node /opt/collector/collect.cjs "$@"\n', { mode: '0755' })
    yield service('collector', { restartOn: [program, ...passwords, ...ca, config, unit] })
  },

  *stopped() {
    yield service('collector', { enabled: false, running: false })
  },

  async healthy({ $, vars, until, say, host }) {
    const ask = async () => healthOf((await $`exec 3<>/dev/tcp/127.0.0.1/${vars.metricsPort}; printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3; timeout 10 cat <&3`).stdout)
    let health: CollectorHealth | undefined
    // A database that is set up in the same run lets the agent in a little later, and is tried again once a minute at the latest.
    await until(async () => {
      health = await ask()
      if (!health.sure) throw notStoring(host.name, health)
    }, 120)
    for (const line of health?.away ?? []) say(`collector: ${line}`)
  },
})
