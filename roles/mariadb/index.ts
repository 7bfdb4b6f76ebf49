import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { apt, certificate, file, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { Failed } from '../../engine/run/failure.ts'
import { account, leaving } from './account.ts'
import { mariadbConfig, tlsConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { mariadbMemory, mariadbUse } from './memory.ts'
import { ownReadings, readings } from './readings.ts'
import { sqlName, sqlText } from './sql.ts'
import { table } from './table.ts'
import { accountPrefix, mariadbVars, ownView, producerAccount, sharedAccount } from './vars.ts'

const certificateFile = '/etc/mysql/tls/server.pem'

export default role('mariadb', {
  vars: mariadbVars,

  memory: ({ facts, vars }) => mariadbUse(facts, vars),

  prepare: async ({ vars, authority }): Promise<Authority | undefined> => (vars.tls ? await authority() : undefined),

  *desired({ host, fleet, facts, vars, prepared, secret }) {
    const producers = fleet.hosts.filter(other => other.roles.includes('collector'))
    // To the server its own Pi is 127.0.0.1, for `localhost` is a name, and it looks none up.
    const logins = producers.map(({ name, address }) => ({ ...producerAccount(name), host: name === host.name ? '127.0.0.1' : address }))
    const view = ownView(vars.table)

    // Before the package, so that its first start fits the Pi already.
    const conf = yield file('/etc/mysql/mariadb.conf.d/60-pi.cnf', mariadbConfig(mariadbMemory(facts, vars), vars))
    yield apt('mariadb-server', ...(prepared ? ['openssl'] : []))
    yield dataDirectory(vars.database)
    const shown = prepared ? [yield certificate(certificateFile, { authority: prepared, subject: host.name, names: namesOf(host), owner: 'mysql' })] : []
    const tls = yield file('/etc/mysql/mariadb.conf.d/61-tls.cnf', tlsConfig(prepared && certificateFile))
    yield service('mariadb', { restartOn: [conf, ...shown, tls] })

    yield table(vars.database, vars.table, readings, ownReadings(view))
    for (const login of logins) {
      yield account(login.user, {
        hosts: [login.host],
        proof: { password: secret(login.secret) },
        tls: vars.tls,
        // SELECT, to see whether a key that is there already is the reading's own row.
        privileges: ['INSERT', 'SELECT'],
        on: { database: vars.database, table: view },
      })
    }
    const heirs = logins.map(({ user, host: from }) => ({ user, host: from }))
    yield leaving({ shared: sharedAccount, prefix: accountPrefix, heirs, target: `${vars.database}.${view}` })
    // The exporter comes over the local socket as its own system user and needs no password.
    yield account('prometheus', {
      hosts: ['localhost'], proof: { unixSocket: true }, tls: false, privileges: ['PROCESS', 'BINLOG MONITOR', 'SLAVE MONITOR'], on: '*',
    })
  },

  *stopped() {
    yield service('mariadb', { enabled: false, running: false })
    yield service('prometheus-mysqld-exporter', { enabled: false, running: false })
  },

  async healthy({ $, host, vars, until, say }) {
    await until(() => $`mariadb-admin ping`)
    if (vars.tls && (await $`mariadb -N -e ${'SELECT @@have_ssl'}`).stdout.trim() !== 'YES')
      throw new Failed({
        message: `MariaDB of ${host.name} speaks no TLS`,
        hint: `see \`journalctl -u mariadb\` on ${host.name}: it says what is wrong with ${certificateFile}`,
      })
    const { stdout } = await $`mariadb -N -e ${`SELECT Host FROM mysql.global_priv WHERE User = ${sqlText(sharedAccount)}`}`
    const shared = stdout.trim().split('\n').filter(Boolean)
    if (shared.length > 0)
      say(`mariadb: ${shared.join(', ')} may still come with the account ${sharedAccount}; a run after each has come with its own takes it away`)
    // One row at most: counting years of readings takes longer than anyone waits.
    await $`mariadb -N -e ${`SELECT 1 FROM ${sqlName(vars.database)}.${sqlName(vars.table)} LIMIT 1`}`
  },
})
