import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { registry } from '../../../roles/index.ts'
import { variablesOf, variablesPage } from '../../../roles/variables.ts'

const roles = await registry.all()

const project = fileURLToPath(new URL('../../../', import.meta.url))

test('every variable says what it means', () => {
  const silent = Object.values(roles).flatMap(role =>
    variablesOf(role.vars as z.ZodType).flatMap(({ name, meaning }) => (meaning ? [] : [`${role.name}: ${name}`])),
  )
  expect(silent).toEqual([])
})

test('docs/variables.md is what the schemas say; `npm run docs:vars` writes it', async () => {
  await expect(variablesPage(roles)).toMatchFileSnapshot(path.join(project, 'docs/variables.md'))
})

test('types, bounds, defaults and parts are told', () => {
  const schema = z.strictObject({
    port: z.number().int().min(1).max(65535).default(80).describe('where'),
    pace: z.enum(['slow', 'fast']).default('slow').describe('how'),
    share: z.number().positive().optional().describe('of all'),
    names: z.record(z.string(), z.string()).default({}).describe('more'),
    kinds: z.array(z.string()).optional().describe('which'),
    on: z.boolean().default(true).describe('at all'),
    from: z
      .strictObject({ source: z.string().describe('file') })
      .optional()
      .describe('instead'),
  })
  expect(variablesOf(schema).map(({ name, type, byDefault }) => [name, type, byDefault])).toEqual([
    ['port', 'whole number from 1 to 65535', '80'],
    ['pace', 'slow, fast', '"slow"'],
    ['share', 'number above 0', undefined],
    ['names', 'names → text', '{}'],
    ['kinds', 'list of text', undefined],
    ['on', 'true, false', 'true'],
    ['from', 'parts', undefined],
    ['from.source', 'text', undefined],
  ])
})
