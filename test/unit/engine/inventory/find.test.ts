import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findInventory } from '../../../../engine/inventory/find.ts'
import { inventoryErrorJson } from '../../../../engine/inventory/format-problems.ts'
import { loadFleet } from '../../../../engine/inventory/load.ts'
import { InventoryError } from '../../../../engine/inventory/problem.ts'
import { roles } from './roles.ts'

const source = { names: Object.keys(roles), load: async () => roles }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'inventory-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (...files: string[]): void => {
  for (const file of files) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(folder, file), 'fleet: pi\nhosts: { a: { address: 10.0.0.1 } }\n')
  }
}
const at = (file: string): string => path.join(folder, file)

test('hosts/pi.yaml here or above is the inventory', () => {
  write('hosts/pi.yaml', 'hosts/lab.yaml', 'deep/er/x')
  expect(findInventory(folder, undefined, {})).toBe(at('hosts/pi.yaml'))
  expect(findInventory(at('deep/er'), undefined, {})).toBe(at('hosts/pi.yaml'))
})

test('a single inventory of another name does as well', () => {
  write('hosts/home.yml', 'hosts/README.md')
  expect(findInventory(folder, undefined, {})).toBe(at('hosts/home.yml'))
})

test('the flag wins over the variable, the variable over the folder', () => {
  write('hosts/pi.yaml', 'a.yaml', 'b.yaml')
  expect(findInventory(folder, 'a.yaml', { FLEET_INVENTORY: 'b.yaml' })).toBe(at('a.yaml'))
  expect(findInventory(folder, undefined, { FLEET_INVENTORY: 'b.yaml' })).toBe(at('b.yaml'))
})

const problemOf = (find: () => unknown): unknown => {
  try {
    find()
  } catch (error) {
    if (error instanceof InventoryError) return error.problems[0]
  }
  return undefined
}

test('none, several, and one that is not there are each refused with what to do', () => {
  expect(problemOf(() => findInventory(folder, undefined, {}))).toEqual({
    message: `there is no inventory: no hosts/*.yaml in ${folder} or a folder above`,
    hint: 'run this in the project folder, name one with --inventory FILE or FLEET_INVENTORY=FILE, or write one: fleet init',
  })
  write('hosts/lab.yaml', 'hosts/home.yaml')
  expect(problemOf(() => findInventory(folder, undefined, {}))).toEqual({
    message: `${at('hosts')} holds several inventories and none is pi.yaml: home.yaml, lab.yaml`,
    hint: 'say which one: --inventory hosts/home.yaml',
  })
  expect(problemOf(() => findInventory(folder, 'hosts/lba.yaml', {}))).toEqual({
    message: '--inventory: there is no file hosts/lba.yaml',
    hint: `in ${at('hosts')} there is: home.yaml, lab.yaml`,
  })
  expect(problemOf(() => findInventory(folder, undefined, { FLEET_INVENTORY: '/nowhere/x.yaml' }))).toEqual({
    message: 'FLEET_INVENTORY: there is no file /nowhere/x.yaml',
  })
})

test('a file is loaded with its absolute path', async () => {
  write('hosts/pi.yaml')
  const fleet = await loadFleet(at('hosts/pi.yaml'), source)
  expect(fleet).toMatchObject({ name: 'pi', file: at('hosts/pi.yaml'), hosts: [{ name: 'a' }] })
})

test('a missing file, a folder and an unreadable file each say so', async () => {
  write('hosts/pi.yaml')
  const message = async (file: string): Promise<unknown> =>
    loadFleet(file, source).then(
      () => undefined,
      (error: unknown) => (error instanceof InventoryError ? error.message : error),
    )
  expect(await message(at('none.yaml'))).toBe(`${at('none.yaml')}: there is no such file`)
  expect(await message(at('hosts'))).toBe(`${at('hosts')} is a folder, not an inventory file`)
  chmodSync(at('hosts/pi.yaml'), 0)
  // root reads everything
  if (process.getuid?.() !== 0) expect(await message(at('hosts/pi.yaml'))).toBe(`${at('hosts/pi.yaml')}: no permission to read it`)
})

test('problems as data for --json', () => {
  const position = { file: 'hosts/pi.yaml', line: 3, column: 5 }
  const error = new InventoryError([
    { position, message: 'unknown key "x"', source: '    x: 1' },
    { message: 'hosts/pi.yaml is empty', hint: 'h' },
  ])
  expect(inventoryErrorJson(error)).toEqual([
    { ...position, message: 'unknown key "x"', hint: null },
    { file: null, line: null, column: null, message: 'hosts/pi.yaml is empty', hint: 'h' },
  ])
})
