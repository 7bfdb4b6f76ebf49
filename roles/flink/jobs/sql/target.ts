/** How jobs reach the database, and as whom. */
export interface Database {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  /** The certificate of the fleet's CA on the Pis of Flink; absent: no TLS. */
  readonly ca?: string
}

/**
 * The address as Flink's connector and the driver both take it: the connector knows the dialect by `jdbc:mysql`, which MariaDB's driver takes
 * with `permitMysqlScheme`. The driver takes a certificate of the CA for this very name or address only. Without `rewriteBatchedStatements=false`
 * the connector asks it to write several rows into one statement, and MariaDB's driver spoils `ON DUPLICATE KEY UPDATE` by that.
 */
export function jdbcUrl({ host, port, database, ca }: Database): string {
  const tls = ca === undefined ? ['sslMode=disable'] : ['sslMode=verify-full', `serverSslCert=${ca}`]
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const options = ['permitMysqlScheme', 'rewriteBatchedStatements=false', ...tls, 'connectTimeout=10000', 'socketTimeout=60000']
  return `jdbc:mysql://${address}:${port}/${database}?${options.join('&')}`
}

/** Options of a table that takes rows by their key: one that is there is written over, so that what comes again after a restart is no row twice. */
export function tableOptions(database: Database, table: string): Readonly<Record<string, string>> {
  return {
    connector: 'jdbc',
    url: jdbcUrl(database),
    driver: 'org.mariadb.jdbc.Driver',
    'table-name': table,
    username: database.user,
    password: database.password,
    'sink.buffer-flush.max-rows': '500',
    'sink.buffer-flush.interval': '1 s',
    'sink.max-retries': '3',
    'connection.max-retry-timeout': '60 s',
  }
}
