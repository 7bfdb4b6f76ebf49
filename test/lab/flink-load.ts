import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import type { Reading } from '../../collector/reading.ts'
import { run } from '../../roles/kafka/admin/session.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { tlsFiles } from '../../roles/kafka/config/paths.ts'
import { made, twentyHoursAgo } from '../engines/flink-support/made.ts'
import type { JobsPi } from './flink-jobs-support.ts'

/** Readings that are sent to a Pi's broker in parts, a twentieth of them late by an hour and more, and stored in its MariaDB as a sink would. */
export class FlinkLoad {
  readonly #pi: JobsPi
  readonly #all: readonly Reading[]
  readonly #parts: (readonly Reading[])[]
  readonly #backend: ReturnType<typeof kafkaBackend>

  private constructor(pi: JobsPi, all: readonly Reading[], parts: number, backend: ReturnType<typeof kafkaBackend>) {
    this.#pi = pi
    this.#all = all
    const cut = (readings: readonly Reading[], part: number) =>
      readings.slice(Math.floor((readings.length * part) / parts), Math.floor((readings.length * (part + 1)) / parts))
    const late = all.filter((_none, number) => number % 20 === 0)
    const onTime = all.filter((_none, number) => number % 20 !== 0)
    this.#parts = Array.from({ length: parts }, (_none, part) => [...cut(onTime, part), ...(part === 0 ? [] : cut(late, part - 1))])
    this.#parts[parts - 1] = [...(this.#parts[parts - 1] ?? []), ...cut(late, parts - 1)]
    this.#backend = backend
  }

  /** With an account of its own; `folder` takes the fleet's certificate. */
  static async onto(pi: JobsPi, folder: string, address: string, count: number, parts: number): Promise<FlinkLoad> {
    const [user, password] = ['load', 'writes much']
    const [ca, own] = [await pi.on(`cat ${tlsFiles.ca}`), await pi.on(`cat ${tlsFiles.own}`)]
    await run({ at: [{ host: address, port: 9093 }], ca, own, change: [{ user, password }, { allow: rulesOf(user, 'temperature') }] })
    const caFile = join(folder, 'kafka-ca.pem')
    writeFileSync(caFile, ca)
    const config = kafkaSchema.parse({ type: 'kafka', hosts: [address], user, timeout: 5000, tls: { ca: caFile } })
    const began = twentyHoursAgo()
    const all = Array.from({ length: count }, (_none, number) => made(number, began))
    return new FlinkLoad(pi, all, parts, kafkaBackend({ ...config, password: () => password }))
  }

  /** Sends the next part, again and again until all of it is acknowledged. */
  async send(): Promise<void> {
    const readings = this.#parts.shift()
    if (!readings) throw new Error('all was sent')
    let connected = false
    for (let from = 0; from < readings.length; ) {
      const batch = readings.slice(from, from + 500)
      try {
        if (!connected) await this.#backend.connect()
        connected = true
        await this.#backend.store(batch)
        from += batch.length
      } catch {
        connected = false
        await this.#backend.close()
        await sleep(500)
      }
    }
    await this.#backend.close()
  }

  /** The readings themselves, each once. */
  async store(): Promise<void> {
    for (let from = 0; from < this.#all.length; from += 5000) {
      const rows = this.#all
        .slice(from, from + 5000)
        .map(
          ({ location, date, value }) => `('${location.replaceAll("'", "''")}', FROM_UNIXTIME(0) + INTERVAL ${date} MICROSECOND, ${value})`,
        )
      await this.#pi.sql(
        `SET NAMES utf8mb4; SET STATEMENT time_zone = '+00:00' FOR INSERT IGNORE INTO reading (reading_location, reading_date, reading_value) VALUES ${rows.join(',')}`,
      )
    }
  }
}
