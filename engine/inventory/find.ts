import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { InventoryError } from './problem.ts'

/**
 * The inventory a command works on, as an absolute path: what `--inventory` says, else FLEET_INVENTORY, else
 * `hosts/pi.yaml` here or in a folder above, else the only `hosts/*.yaml` there.
 * @throws InventoryError when there is none, or several to choose from.
 */
export function findInventory(cwd: string, flag?: string, env: NodeJS.ProcessEnv = process.env): string {
  if (flag !== undefined) return named(flag, cwd, '--inventory')
  const variable = env['FLEET_INVENTORY']
  if (variable) return named(variable, cwd, 'FLEET_INVENTORY')

  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const hosts = path.join(folder, 'hosts')
    const found = inventories(hosts)
    if (found.includes('pi.yaml')) return path.join(hosts, 'pi.yaml')
    if (found.length === 1) return path.join(hosts, String(found[0]))
    if (found.length > 1) {
      throw new InventoryError([
        {
          message: `${hosts} holds several inventories and none is pi.yaml: ${found.join(', ')}`,
          hint: `say which one: --inventory ${path.relative(cwd, path.join(hosts, String(found[0])))}`,
        },
      ])
    }
    if (folder === path.dirname(folder)) break
  }
  throw new InventoryError([
    {
      message: `there is no inventory: no hosts/*.yaml in ${path.resolve(cwd)} or a folder above`,
      hint: 'run this in the project folder, name one with --inventory FILE or FLEET_INVENTORY=FILE, or write one: fleet init',
    },
  ])
}

/** Inventory files in a folder, sorted by name; none when there is no such folder. */
export function inventories(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(name => /^[^.].*\.ya?ml$/.test(name))
      .sort()
  } catch {
    return []
  }
}

function named(file: string, cwd: string, by: string): string {
  const absolute = path.resolve(cwd, file)
  if (statSync(absolute, { throwIfNoEntry: false })) return absolute
  const folder = path.dirname(absolute)
  const others = inventories(folder)
  const hint = others.length > 0 ? `in ${folder} there is: ${others.join(', ')}` : undefined
  throw new InventoryError([{ message: `${by}: there is no file ${file}`, ...(hint !== undefined && { hint }) }])
}
