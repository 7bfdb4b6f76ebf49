import { SecretsError } from '../../engine/secrets/secrets-error.ts'
import { openSecrets, type SecretInfo } from '../../engine/secrets/secrets.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import { inventoryOf } from '../../cli/inventory.ts'
import { print, printSecret, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { table } from '../../cli/table.ts'
import { readUnseen } from '../../cli/unseen.ts'

export function list(options: CommonOptions): void {
  const known = open(options).list()
  if (known.length === 0 && !options.json) return tell('There are no secrets yet: a role makes them when it first needs them.')
  print(options.json, known, () => table(['SECRET', 'MADE', 'ROTATED', 'FROM'], known.map(row)))
}

export function show(name: string, options: CommonOptions): void {
  const secrets = open(options)
  const value = secrets.show(name)
  const names = secrets.list().map(each => each.name)
  if (value === undefined)
    throw new SecretsError(`there is no secret "${name}"`, didYouMean(name, names) ?? `there is: ${names.join(', ') || 'none yet'}`)
  printSecret(options.json, { name, value }, value)
}

/** Never takes the value as an argument: everybody on the machine can read those. */
export async function set(name: string, options: CommonOptions): Promise<void> {
  const secrets = open(options)
  secrets.set(name, await readUnseen(`value of ${name}`))
  tell(`${name} is kept; the next provision brings it to the Pis.`)
}

export function rotate(name: string, options: CommonOptions): void {
  open(options).rotate(name)
  tell(`${name} is a new one; the next provision brings it to the Pis.`)
}

function open(options: CommonOptions): ReturnType<typeof openSecrets> {
  return openSecrets(inventoryOf('secret', options))
}

function row({ name, made, rotated, overriddenBy }: SecretInfo): readonly string[] {
  return [name, day(made), rotated === undefined ? '–' : day(rotated), overriddenBy ?? 'kept']
}

function day(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}
