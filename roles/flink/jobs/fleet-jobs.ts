import { readFileSync } from 'node:fs'
import { jobOf, type Job } from './job.ts'
import type { JobName } from './names.ts'
import { render, type Parameters } from './sql/render.ts'
import { topicOptions, type Topic } from './sql/source.ts'
import { scriptOf } from './sql/statements.ts'
import { tableOptions, type Database } from './sql/target.ts'
import { jobTables } from './tables.ts'

/** What the fleet gives its jobs. */
export interface JobPlace {
  readonly topic: Topic
  readonly database: Database
  /** Name of MariaDB's table of readings: those of the jobs begin with it. */
  readonly table: string
  /** Seconds without a reading after which a producer is silent. */
  readonly silence: number
}

/** What a job's SQL may ask for. */
export function parametersOf({ topic, database, table, silence }: JobPlace, name: string): Parameters {
  const tables = Object.keys(jobTables).map(key => [`table:${key}`, tableOptions(database, `${table}_${key}`)] as const)
  return {
    options: { readings: topicOptions(topic, name), ...Object.fromEntries(tables) },
    texts: { silence: String(silence), topic: topic.topic, group: topic.group },
  }
}

/** A job of the repository as it is submitted in this fleet. @throws {Failed} where its SQL is no job */
export function fleetJob(name: JobName, place: JobPlace): Job {
  const sql = readFileSync(new URL(`${name}.sql`, import.meta.url), 'utf8')
  const rendered = render(name, sql, parametersOf(place, name))
  scriptOf(name, rendered)
  return jobOf(name, rendered)
}
