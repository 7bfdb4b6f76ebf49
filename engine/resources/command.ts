import { resource, type AnyResource, type Kind, type Resource, type Shell } from './kind.ts'

interface CommandSpec {
  readonly name: string
  /** Reads only; exit 0 says that nothing is to be done. */
  readonly unless: Shell
  readonly run: Shell
  readonly timeout: number
}

export const commandKind: Kind<CommandSpec, boolean> = {
  name: 'command',
  label: spec => spec.name,
  ask: specs => specs.map((spec, index) => `(${spec.unless}\n) >/dev/null && printf 'done %s\\n' ${index}`).join('\n'),
  read(output, specs) {
    const done = new Set(output.split('\n'))
    return specs.map((_spec, index) => done.has(`done ${index}`))
  },
  compare(_spec, done, triggers) {
    if (!done) return [{ does: 'run' }]
    return triggers.length ? [{ does: `run (${triggers.join(', ')})` }] : []
  },
  change: spec => [{ run: spec.run, timeout: spec.timeout }],
}

/**
 * A command for what no other kind covers. `unless` tells whether its effect is there already (it only reads);
 * it also runs when a resource of `on` changed. `timeout` in seconds, 300 by default.
 */
export function command(
  name: string,
  options: { readonly unless: Shell; readonly run: Shell; readonly on?: readonly AnyResource[]; readonly timeout?: number },
): Resource<CommandSpec, boolean> {
  return resource(commandKind, { name, unless: options.unless, run: options.run, timeout: options.timeout ?? 300 }, options.on)
}
