import { expect, it } from 'vitest'
import { registry } from '../../../roles/index.ts'

const roles = await registry.all()

const all = Object.entries(roles).flatMap(([role, { operations = {} }]) =>
  Object.entries(operations).map(([command, load]) => ({ role, command, load })),
)

it.each(all)(
  'what $command tells a person to type next names $role: a fleet may have it of several roles',
  async ({ role, command, load }) => {
    expect((await load()).operation.command).toBe(`${command} ${role}`)
  },
)

it('no two operations share their journals', async () => {
  const files = await Promise.all(all.map(async ({ load }) => (await load()).operation.files))
  expect(new Set(files).size).toBe(files.length)
})
