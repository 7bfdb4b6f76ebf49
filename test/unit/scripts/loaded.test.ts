import { build, type BuildOptions, type Metafile } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import { registry } from '../../../roles/index.ts'
import { project } from './project.ts'

interface Builder {
  readonly buildOptions: (project: string) => BuildOptions & { readonly write: false; readonly metafile: true }
}

let outputs: Metafile['outputs']
let texts: ReadonlyMap<string, Uint8Array>

beforeAll(async () => {
  const { buildOptions } = (await import(new URL('scripts/bin/bundle.mjs', `file://${project}`).href)) as Builder
  const { metafile, outputFiles } = await build(buildOptions(project))
  outputs = metafile.outputs
  texts = new Map(outputFiles.map(({ path, contents }) => [path.slice(project.length), contents]))
}, 60_000)

/** What is loaded with these sources, before any `import()` in them is reached. */
function loadedWith(...sources: readonly string[]): readonly string[] {
  const loaded = new Set(sources.map(source => Object.keys(outputs).find(name => outputs[name]?.entryPoint === source) ?? source))
  // A set that grows while it is gone through is gone through to its end.
  for (const name of loaded)
    for (const { path, kind, external } of outputs[name]?.imports ?? []) if (kind === 'import-statement' && !external) loaded.add(path)
  return [...loaded]
}

/** A run that changes nothing loads no more than this, and the roles that its fleet has. */
const run = (...roles: readonly string[]) =>
  loadedWith(
    'scripts/provision.ts',
    'scripts/actions/provision.ts',
    'engine/ssh/connect.ts',
    ...roles.map(role => `roles/${role}/index.ts`),
  )
const sourcesOf = (names: readonly string[]) => names.flatMap(name => Object.keys(outputs[name]?.inputs ?? {}))

test.for([
  ['execa', /node_modules\/execa\//],
  ['zx', /node_modules\/zx\//],
  ['listr2', /node_modules\/listr2\//],
  ['certificates', /node_modules\/(@peculiar|reflect-metadata|asn1js)\//],
  ['drivers of databases', /node_modules\/(mariadb|cassandra-driver)\//],
  ['languages of zod but one: `import * as z`, never `{ z }`', /node_modules\/zod\/.*\/locales\/(?!en\.)/],
  ['the lab', /^lab\//],
  ['the collector', /^collector\/(?!(entry|config|unit|sink\/topics)\.ts$)/],
  ['what makes and submits jobs of Flink', /^roles\/flink\/jobs\/(prepare|fleet-jobs|submitter|keeper\/keeper)/],
  ['rebalance', /^roles\/cassandra\/rebalance\/index\.ts$/],
] as const)('a run that changes nothing loads nothing of this: %s', ([, heavy]) => {
  const sources = sourcesOf(run(...registry.names))
  expect(sources).toContain('engine/run/provision.ts')
  expect(sources).toContain('node_modules/ssh2/lib/client.js')
  expect(sources.filter(source => heavy.test(source))).toEqual([])
})

test('the SSH client comes after the first question to ssh, and not where nobody connects', () => {
  const sources = sourcesOf(loadedWith('scripts/provision.ts', 'scripts/actions/provision.ts', 'scripts/actions/fleet.ts'))
  expect(sources).toContain('engine/ssh/ssh-g.ts')
  expect(sources.filter(source => /node_modules\/(ssh2|node-ssh)\//.test(source))).toEqual([])
})

test('roles that a fleet does not have are not loaded', () => {
  const sources = sourcesOf(run('base', 'exporters')).filter(source => /^roles\/[^/]+\//.test(source))
  expect(new Set(sources.map(source => source.split('/')[1]))).toEqual(new Set(['base', 'exporters']))
})

// Node reads and parses all of it at each start: about 4 ms and 1 MB for each 100 kB.
test('a run that changes nothing loads less than 1.3 MB, and 0.5 MB more where a fleet has every role', () => {
  const bytes = (names: readonly string[]) => names.reduce((sum, name) => sum + (outputs[name]?.bytes ?? 0), 0)
  expect(bytes(run('base', 'exporters'))).toBeGreaterThan(0.5e6)
  expect(bytes(run('base', 'exporters'))).toBeLessThan(1.3e6)
  expect(bytes(run(...registry.names))).toBeLessThan(1.8e6)
})

// One other character makes the text of a whole file twice as large in memory.
test('what is loaded is ASCII', () => {
  for (const name of run(...registry.names))
    expect(
      texts.get(name)?.every(byte => byte < 0x80),
      name,
    ).toBe(true)
})
