import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { project } from './project.ts'

interface Builder {
  readonly buildOptions: (project: string, set?: string) => { readonly entryPoints: readonly { readonly out: string }[] }
}

test('each measurement that can be started is among what is bundled', async () => {
  const { buildOptions } = (await import(new URL('scripts/bin/bundle.mjs', `file://${project}`).href)) as Builder
  const bundled = buildOptions(project, 'bench').entryPoints.map(({ out }) => out)
  const started = readdirSync(path.join(project, 'bench/bin')).map(file => path.basename(file, '.mjs'))
  expect(started.filter(name => !bundled.includes(name))).toEqual([])
})
