import { apt, file, packagesGone, pathGone, service } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { metrics, producers, readings as readingStores } from '../offers.ts'
import { account } from './account.ts'
import { mariadbConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { exporterGone, exports, exporterUnit, noExporter, seesServer } from './exporter.ts'
import { mariadbMemory, mariadbUse } from './memory.ts'
import { readings } from './readings.ts'
import { sqlName } from './sql.ts'
import { newestText, readNewest } from './status.ts'
import { store } from './store.ts'
import { table } from './table.ts'
import { mariadbVars, producerAccount } from './vars.ts'

const MiB = 1024 * 1024

export default role('mariadb', {
  vars: mariadbVars,

  // The exporter was seen at 17 to 20 MB on a Pi with half a core.
  memory: ({ facts, vars }) => ({ ...mariadbUse(facts, vars), 'mysqld exporter': 24 * MiB }),

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.metricsPort, job: 'mysqld', title: 'MariaDB' })
    yield offer(readingStores, store(host, vars))
  },

  *desired({ host, facts, vars, secret, offered }) {
    // To the server its own Pi is 127.0.0.1, for `localhost` is a name, and it looks none up.
    const clients = offered(producers).map(({ host: producer }) => (producer.name === host.name ? '127.0.0.1' : producer.address))

    // Before the package, so that its first start fits the Pi already.
    const conf = yield file('/etc/mysql/mariadb.conf.d/60-pi.cnf', mariadbConfig(mariadbMemory(facts, vars), vars))
    yield apt('mariadb-server')
    yield dataDirectory(vars.database)
    yield service('mariadb', { restartOn: [conf] })

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
    yield* exports(host, vars)
  },

  *stopped() {
    yield service('mariadb', { enabled: false, running: false })
    yield* noExporter()
  },

  *purged() {
    yield* exporterGone()
    yield packagesGone('mariadb-server')
    yield pathGone('/etc/mysql/mariadb.conf.d/60-pi.cnf')
  },

  data: { path: '/var/lib/mysql' },

  status: ({ vars }) => ({
    units: ['mariadb', exporterUnit],
    ask: newestText(vars),
    read: readNewest,
  }),

  async healthy({ $, host, vars, until }) {
    await until(() => $`mariadb-admin ping`)
    await until(() => $`bash -c ${seesServer(host, vars)}`)
    // One row at most: counting years of readings takes longer than anyone waits.
    await $`mariadb -N -e ${`SELECT 1 FROM ${sqlName(vars.database)}.${sqlName(vars.table)} LIMIT 1`}`
  },
})
