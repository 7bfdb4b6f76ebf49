import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { leftOver, runFolders } from '../../../../../roles/flink/jobs/keeper/left.ts'

const folder = mkdtempSync(join(tmpdir(), 'flink-left-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('folders are those of runs, of savepoints of jobs, and of those that a person made', () => {
  const places = { checkpoints: join(folder, 'checkpoints'), savepoints: join(folder, 'savepoints') }
  expect(runFolders(places)).toEqual([])
  for (const path of ['checkpoints/a1/chk-3', 'savepoints/averages/a1/savepoint-a1-1', 'savepoints/savepoint-b2-9'])
    mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'savepoints/savepoint-b2-9/_metadata'), '')
  expect(runFolders(places).map(path => path.slice(folder.length))).toEqual([
    '/checkpoints/a1',
    '/savepoints/averages/a1',
    '/savepoints/savepoint-b2-9',
  ])
})

describe('no job goes on from a folder', () => {
  const places = { checkpoints: '/c' }
  const left = (folders: readonly string[], record: object, jobs: readonly { id: string; state: string }[] = []) =>
    leftOver(
      folders,
      places,
      [{ name: 'a', ...record }],
      jobs.map(job => ({ ...job, name: 'x' })),
    )

  test('of which no record tells, and whose job does not run', () => {
    const folders = ['/c/known', '/c/runs', '/c/over', '/c/nobody']
    const jobs = [
      { id: 'runs', state: 'RUNNING' },
      { id: 'over', state: 'CANCELED' },
    ]
    expect(left(folders, { run: { id: 'known', hash: 'h', settled: true } }, jobs)).toEqual(['/c/over', '/c/nobody'])
  })

  test('and each folder is needed that a record names, or a part of', () => {
    const folders = ['/c/one', '/s/a/two', '/s/a/three', '/c/four', '/s/a/fo']
    const record = {
      run: { id: 'new', hash: 'h', settled: false, from: 'file:/c/one/chk-7' },
      restore: 'file:///s/a/two/savepoint-1',
      stopping: { trigger: 't', into: '/s/a/three' },
      old: ['/c/four'],
    }
    expect(left(folders, record)).toEqual(['/s/a/fo'])
  })
})
