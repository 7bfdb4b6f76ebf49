import { isIP } from 'node:net'
import { apt, file, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { account } from './account.ts'
import { mariadbConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { mariadbMemory, mariadbUse } from './memory.ts'
import { table } from './table.ts'
import { mariadbVars, producerAccount } from './vars.ts'

export default role('mariadb', {
  vars: mariadbVars,

  memory: ({ facts, vars }) => mariadbUse(facts, vars),

  *desired({ host, fleet, facts, vars, secret }) {
    const producers = fleet.hosts.filter(other => other.roles.includes('collector'))
    const clients = producers.map(producer => (producer.name === host.name ? 'localhost' : producer.address))

    // Before the package, so that its first start fits the Pi already.
    const numeric = clients.every(client => client === 'localhost' || isIP(client) !== 0)
    const conf = yield file('/etc/mysql/mariadb.conf.d/60-pi.cnf', mariadbConfig(mariadbMemory(facts, vars), vars, numeric))
    yield apt('mariadb-server')
    yield dataDirectory(vars.database)
    yield service('mariadb', { restartOn: [conf] })

    yield table(vars.database, vars.table, {
      reading_location: 'VARCHAR(64) NOT NULL',
      reading_date: 'DATETIME(6) NOT NULL',
      reading_note: "VARCHAR(255) NOT NULL DEFAULT ''",
      reading_value: 'DOUBLE NOT NULL',
    }, ['reading_location', 'reading_date'])
    yield account(producerAccount.user, {
      hosts: clients,
      proof: { password: secret(producerAccount.secret) },
      privileges: ['INSERT'],
      on: { database: vars.database, table: vars.table },
    })
    // The exporter comes over the local socket as its own system user and needs no password.
    yield account('prometheus', { hosts: ['localhost'], proof: { unixSocket: true }, privileges: ['PROCESS', 'BINLOG MONITOR', 'SLAVE MONITOR'], on: '*' })
  },

  *stopped() {
    yield service('mariadb', { enabled: false, running: false })
    yield service('prometheus-mysqld-exporter', { enabled: false, running: false })
  },

  async healthy({ $, vars, until }) {
    await until(() => $`mariadb-admin ping`)
    await $`mariadb -N -e ${`SELECT COUNT(*) FROM ${vars.database}.${vars.table} LIMIT 1`}`
  },
})
