import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { knowsAddress, listenOf } from '../../engine/listen.ts'
import { apt, certificate, file, packagesGone, pathGone, service } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { Failed } from '../../engine/errors.ts'
import { certificates, jobHosts, metrics, pastReadings, producers, readings as readingStores } from '../offers.ts'
import { ratesTo } from '../rates.ts'
import { panels, rules } from './monitoring.ts'
import { jobsTo, sinksTo } from '../sinks.ts'
import { account, leaving } from './account.ts'
import { mariadbConfig, tlsConfig } from './config.ts'
import { mariadbDisk } from './disk.ts'
import { dataDirectory } from './data-directory.ts'
import { exporterGone, exports, exporterUnit, noExporter, seesServer } from './exporter.ts'
import { bindAddress, dropIn, dropInPath } from './listen.ts'
import { jobTable, shapeOf, tablesOf } from './job-tables.ts'
import { mariadbMemory, mariadbUse } from './memory.ts'
import { ownReadings, readings } from './readings.ts'
import { rootLogin, rootLoginFile, runSql, sqlText } from './sql.ts'
import { newestText, readNewest } from './status.ts'
import { store } from './store.ts'
import { table } from './table.ts'
import {
  accountPrefix,
  jobAccount,
  jobPrefix,
  mariadbVars,
  ownView,
  producerAccount,
  sharedAccount,
  sinkAccount,
  sinkPrefix,
} from './vars.ts'

const data = '/var/lib/mysql'
const certificateFile = '/etc/mysql/tls/server.pem'
const caFile = '/etc/mysql/tls/ca.pem'

const MiB = 1024 * 1024

export default role('mariadb', {
  vars: mariadbVars,

  // The exporter was seen at 17 to 20 MB on a Pi with half a core.
  memory: ({ facts, vars }) => ({ ...mariadbUse(facts, vars), 'mysqld exporter': 24 * MiB }),

  disk: ({ host, offered }) => mariadbDisk(ratesTo(offered, 'mariadb', host.name), data),

  prepare: async ({ vars, authority }): Promise<Authority | undefined> => (vars.tls ? await authority() : undefined),

  *offers({ host, vars }) {
    if (vars.tls) yield offer(certificates, { path: certificateFile })
    yield offer(metrics, { port: vars.metricsPort, job: 'mysqld', title: 'MariaDB', rules, panels })
    yield offer(readingStores, store(host, vars))
    yield offer(pastReadings, { store: `MariaDB on ${host.name}`, question: async () => (await import('./past.ts')).pastQuestion(vars) })
  },

  *desired({ host, facts, vars, prepared, secret, offered }) {
    // To the server its own Pi is 127.0.0.1, for `localhost` is a name, and it looks none up.
    const from = ({ name, address }: Host) => (name === host.name ? '127.0.0.1' : address)
    const view = ownView(vars.table)
    const writers = [
      {
        who: 'producer',
        prefix: accountPrefix,
        table: view,
        shared: sharedAccount,
        logins: offered(producers).map(({ host: producer }) => ({ ...producerAccount(producer.name), host: from(producer) })),
      },
      {
        // It brings readings of all producers.
        who: 'sink',
        prefix: sinkPrefix,
        table: vars.table,
        logins: sinksTo(offered, 'mariadb', host.name).map(sink => ({ ...sinkAccount(sink.name), host: from(sink) })),
      },
    ]

    const listen = listenOf(host, vars.listen)
    const known = yield* knowsAddress(listen)
    // Before the package, so that its first start fits the Pi already.
    const conf = yield file('/etc/mysql/mariadb.conf.d/60-pi.cnf', mariadbConfig(mariadbMemory(facts, vars), vars, bindAddress(listen)))
    const added = yield file(dropInPath, dropIn(listen))
    yield apt('mariadb-server', ...(vars.copyFrom === 'never' ? [] : ['mariadb-backup']), ...(prepared ? ['openssl'] : []))
    yield dataDirectory(vars.database)
    const shown = prepared
      ? [yield certificate(certificateFile, { authority: prepared, subject: host.name, names: namesOf(host), owner: 'mysql' })]
      : []
    if (prepared) yield file(caFile, prepared.certificate)
    const tls = yield file('/etc/mysql/mariadb.conf.d/61-tls.cnf', tlsConfig(prepared && { certificate: certificateFile, ca: caFile }))
    yield service('mariadb', { restartOn: [conf, added, ...known, ...shown, tls] })

    if (vars.rootPassword) yield file(rootLoginFile, rootLogin(secret('mariadb/root')), { secret: true })
    else yield pathGone(rootLoginFile)
    yield table(vars.database, vars.table, readings, ownReadings(view))
    for (const { logins, table: target, ...of } of writers) {
      for (const login of logins)
        yield account(login.user, {
          hosts: [login.host],
          proof: { password: secret(login.secret) },
          tls: vars.tls,
          // SELECT, to see whether a key that is there already is the reading's own row.
          privileges: ['INSERT', 'SELECT'],
          on: { database: vars.database, table: target },
        })
      const heirs = logins.map(({ user, host: place }) => ({ user, host: place }))
      yield leaving({ ...of, heirs, target: `${vars.database}.${target}` })
    }
    const jobs = jobsTo(offered, 'mariadb', host.name)
    const derived = tablesOf(jobs.map(({ value }) => value.tables))
    for (const [name, shape] of Object.entries(derived)) yield table(vars.database, jobTable(vars.table, name), shapeOf(shape))
    const owned = ({ value }: (typeof jobs)[number]) =>
      Object.keys(value.tables).map(name => ({ database: vars.database, table: jobTable(vars.table, name) }))
    // To its own Pi the server is at its address, too: that is where a client of Java finds the name in the certificate.
    const fromJobs = ({ value }: (typeof jobs)[number]) => [...new Set(value.from.flatMap(of => [of.address, from(of)]))]
    for (const job of jobs)
      yield account(jobAccount(job.host.name).user, {
        hosts: fromJobs(job),
        proof: { password: secret(jobAccount(job.host.name).secret) },
        tls: vars.tls,
        // SELECT, for ON DUPLICATE KEY UPDATE names the columns of the row that is there.
        privileges: ['INSERT', 'SELECT', 'UPDATE'],
        on: owned(job),
      })
    yield leaving({
      who: 'job',
      prefix: jobPrefix,
      // Those that the inventory names no more may be at work until Flink has stopped them.
      heirs: offered(jobHosts).map(of => ({ user: jobAccount(of.host.name).user, host: from(of.host) })),
      target: `${vars.database}.${jobTable(vars.table, '*')}`,
    })
    // The exporter comes over the local socket as its own system user and needs no password.
    yield account('prometheus', {
      hosts: ['localhost'],
      proof: { unixSocket: true },
      tls: false,
      privileges: ['PROCESS', 'BINLOG MONITOR', 'SLAVE MONITOR'],
      on: '*',
    })
    yield* exports(host, vars)
  },

  *stopped() {
    yield service('mariadb', { enabled: false, running: false })
    yield* noExporter()
  },

  *purged() {
    yield* exporterGone()
    yield packagesGone('mariadb-server', 'mariadb-backup')
    yield pathGone('/etc/mysql/mariadb.conf.d/60-pi.cnf')
    yield pathGone('/etc/mysql/mariadb.conf.d/61-tls.cnf')
    yield pathGone('/etc/mysql/tls')
    yield pathGone(rootLoginFile)
    yield pathGone(dropInPath)
  },

  data: { path: data },

  backup: async () => (await import('./backup/index.ts')).mariadbBackup,

  status: ({ vars }) => ({ units: ['mariadb', exporterUnit], ask: newestText(vars), read: readNewest }),

  async healthy({ $, host, vars, until, well, say }) {
    const ask = (sql: string) => $`bash -c ${runSql(sql)}`
    await well()
    await until(() => $`bash -c ${seesServer(host, vars)}`)
    if (vars.tls && (await ask('SELECT @@have_ssl;')).stdout.trim() !== 'YES')
      throw new Failed({
        message: `MariaDB of ${host.name} speaks no TLS`,
        hint: `see \`journalctl -u mariadb\` on ${host.name}: it says what is wrong with ${certificateFile}`,
      })
    const { stdout } = await ask(`SELECT Host FROM mysql.global_priv WHERE User = ${sqlText(sharedAccount)};`)
    const shared = stdout.trim().split('\n').filter(Boolean)
    if (shared.length > 0)
      say(
        `mariadb: ${shared.join(', ')} may still come with the account ${sharedAccount}; ` +
          'a run after each has come with its own takes it away',
      )
  },
})
