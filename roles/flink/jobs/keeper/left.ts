import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KeeperConfig } from './config.ts'
import type { JobRecord } from './record.ts'
import { ended, type JobSeen } from './seen.ts'

type Places = Pick<KeeperConfig, 'checkpoints' | 'savepoints'>

/** Folders below a place; none where it is not there. */
const below = (place: string): readonly string[] =>
  existsSync(place)
    ? readdirSync(place, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [join(place, entry.name)] : []))
    : []

/** Folders of single runs, and of savepoints. Those that a person makes lie beside those of jobs, which have a folder each. */
export const runFolders = ({ checkpoints, savepoints }: Places): readonly string[] => [
  ...below(checkpoints),
  ...below(savepoints).flatMap(folder => (existsSync(join(folder, '_metadata')) ? [folder] : below(folder))),
]

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/**
 * Folders that no job here goes on from, and that none that runs writes to: of jobs that nobody here began, or that left the fleet. They are a
 * person's, so they are told and stay. Pure.
 * @param jobs what the JobManager lists
 */
export function leftOver(
  folders: readonly string[],
  { checkpoints }: Pick<Places, 'checkpoints'>,
  records: readonly JobRecord[],
  jobs: readonly JobSeen[],
): readonly string[] {
  const needed = [
    ...jobs.filter(job => !ended(job)).map(({ id }) => join(checkpoints, id)),
    ...records.flatMap(({ run, restore, stopping, old = [] }) => [
      ...(run ? [join(checkpoints, run.id), run.from] : []),
      restore,
      stopping?.into,
      ...old,
    ]),
  ].flatMap(path => (path === undefined ? [] : [path.replace(/^file:(?:\/\/)?/, '')]))
  return folders.filter(folder => !needed.some(path => within(path, folder) || within(folder, path)))
}
