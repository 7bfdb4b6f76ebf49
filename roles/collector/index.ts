import { buildCollector, type CollectorBundle } from '../../collector/build.ts'
import { collectorUnit } from '../../collector/unit.ts'
import { apt, file, service, user } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { producerAccount } from '../mariadb/vars.ts'
import { collectorConfig } from './config.ts'
import { collectorVars } from './vars.ts'

const MiB = 1024 * 1024

export default role('collector', {
  vars: collectorVars,

  memory: ({ vars }) => ({ agent: vars.memoryMax * MiB }),

  prepare: (): Promise<CollectorBundle> => buildCollector(),

  *desired({ host, fleet, vars, prepared, secret }) {
    yield apt('nodejs')
    const program = yield file('/opt/collector/collect.cjs', { source: prepared.path }, { mode: '0755' })
    // systemd hands the password over as a credential; where it has none to hand out, the agent reads it here, so it is the agent's.
    yield user('collector')
    const password = yield file('/etc/collector/mariadb-password', `${secret(producerAccount.secret)}\n`, { secret: true, owner: 'collector' })
    const config = yield file('/etc/collector/config.json', collectorConfig(host, fleet, vars))
    const unit = yield file('/etc/systemd/system/collector.service', collectorUnit({
      credentials: { 'mariadb-password': '/etc/collector/mariadb-password' },
      memoryMax: vars.memoryMax,
    }))
    yield file('/usr/local/bin/collect', '#!/bin/sh\nexec /usr/bin/node /opt/collector/collect.cjs "$@"\n', { mode: '0755' })
    yield service('collector', { restartOn: [program, password, config, unit] })
  },

  *stopped() {
    yield service('collector', { enabled: false, running: false })
  },

  async healthy({ $, vars, until }) {
    await until(() => $`exec 3<>/dev/tcp/127.0.0.1/${vars.metricsPort}; printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3; timeout 10 head -n 1 <&3 | grep -q ' 200 '`)
  },
})
