import { knowsAddress, listenOf } from '../../engine/listen.ts'
import { apt, file, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { account } from './account.ts'
import { mariadbConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { bindAddress, dropIn, dropInPath } from './listen.ts'
import { mariadbMemory, mariadbUse } from './memory.ts'
import { readings } from './readings.ts'
import { sqlName } from './sql.ts'
import { table } from './table.ts'
import { mariadbVars, producerAccount } from './vars.ts'

export default role('mariadb', {
  vars: mariadbVars,

  memory: ({ facts, vars }) => mariadbUse(facts, vars),

  *desired({ host, fleet, facts, vars, secret }) {
    const producers = fleet.hosts.filter(other => other.roles.includes('collector'))
    // To the server its own Pi is 127.0.0.1, for `localhost` is a name, and it looks none up.
    const clients = producers.map(producer => (producer.name === host.name ? '127.0.0.1' : producer.address))

    const listen = listenOf(host, vars.listen)
    const known = yield* knowsAddress(listen)
    // Before the package, so that its first start fits the Pi already.
    const conf = yield file('/etc/mysql/mariadb.conf.d/60-pi.cnf', mariadbConfig(mariadbMemory(facts, vars), vars, bindAddress(listen)))
    const added = yield file(dropInPath, dropIn(listen))
    yield apt('mariadb-server')
    yield dataDirectory(vars.database)
    yield service('mariadb', { restartOn: [conf, added, ...known] })

    yield table(vars.database, vars.table, readings)
    yield account(producerAccount.user, {
      hosts: clients,
      proof: { password: secret(producerAccount.secret) },
      // SELECT, to see whether a key that is there already is the reading's own row.
      privileges: ['INSERT', 'SELECT'],
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
    // One row at most: counting years of readings takes longer than anyone waits.
    await $`mariadb -N -e ${`SELECT 1 FROM ${sqlName(vars.database)}.${sqlName(vars.table)} LIMIT 1`}`
  },
})
