import type { Reading } from '../../../collector/reading.ts'
import type { MariadbServer } from '../collector-support/mariadb-server.ts'

const tables = (name: string) => `CREATE TABLE temperature.${name} (
  reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, reading_from DATETIME NOT NULL,
  reading_least DOUBLE NOT NULL, reading_mean DOUBLE NOT NULL, reading_highest DOUBLE NOT NULL, reading_count BIGINT NOT NULL,
  PRIMARY KEY (reading_location, reading_from)) ENGINE = InnoDB`

export const account = { user: 'job', password: "o'job" } as const

/** The tables of jobs, and an account that may do with them what it must. */
export async function makeTables(server: MariadbServer): Promise<void> {
  await server.query('CREATE DATABASE IF NOT EXISTS temperature')
  await server.query(`CREATE TABLE temperature.reading (reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reading_date DATETIME(6) NOT NULL, reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date)) ENGINE = InnoDB`)
  await server.query(tables('reading_minute'))
  await server.query(tables('reading_hour'))
  await server.query(`CREATE TABLE temperature.reading_anomaly (
    anomaly_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, anomaly_kind VARCHAR(16) NOT NULL,
    anomaly_since DATETIME NOT NULL, anomaly_value DOUBLE NULL, anomaly_low DOUBLE NULL, anomaly_high DOUBLE NULL,
    PRIMARY KEY (anomaly_location, anomaly_kind, anomaly_since)) ENGINE = InnoDB`)
  await server.query(`CREATE USER ${account.user}@'127.0.0.1' IDENTIFIED BY '${account.password.replace("'", "''")}'`)
  for (const table of ['reading_minute', 'reading_hour', 'reading_anomaly'])
    await server.query(`GRANT INSERT, SELECT, UPDATE ON temperature.${table} TO ${account.user}@'127.0.0.1'`)
}

const dateText = (micros: number) => `FROM_UNIXTIME(0) + INTERVAL ${micros} MICROSECOND`

/** The readings themselves, as a sink would have stored them: each once. */
export async function storeRaw(server: MariadbServer, readings: readonly Reading[]): Promise<void> {
  for (let from = 0; from < readings.length; from += 2000) {
    const rows = readings
      .slice(from, from + 2000)
      .map(({ location, date, value }) => `('${location.replaceAll("'", "''")}', ${dateText(date)}, ${value})`)
    await server.query(`SET STATEMENT time_zone = '+00:00' FOR INSERT IGNORE INTO temperature.reading VALUES ${rows.join(',')}`)
  }
}

const spans = { minute: '%Y-%m-%d %H:%i:00', hour: '%Y-%m-%d %H:00:00' } as const

/** The same query over the raw readings. */
export const query = (
  span: keyof typeof spans,
) => `SELECT reading_location, CAST(DATE_FORMAT(reading_date, '${spans[span]}') AS DATETIME) AS reading_from,
  MIN(reading_value) AS least, AVG(reading_value) AS mean, MAX(reading_value) AS highest, COUNT(*) AS count
  FROM temperature.reading GROUP BY 1, 2`

/** How many rows of the query there are, how many of the table, and how many are the same. Means to nine digits: they are sums in another order. */
export async function compared(server: MariadbServer, span: keyof typeof spans): Promise<{ raw: number; table: number; same: number }> {
  const [row] = await server.query<{ raw: number; table: number; same: number }>(`SELECT CAST(COUNT(*) AS INT) AS raw,
    (SELECT CAST(COUNT(*) AS INT) FROM temperature.reading_${span}) AS \`table\`,
    CAST(IFNULL(SUM(t.reading_least = q.least AND t.reading_highest = q.highest AND t.reading_count = q.count AND ABS(t.reading_mean - q.mean) < 1e-9), 0) AS INT) AS same
    FROM (${query(span)}) q LEFT JOIN temperature.reading_${span} t USING (reading_location, reading_from)`)
  return row ?? { raw: -1, table: -1, same: -1 }
}
