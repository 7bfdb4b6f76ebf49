import type { Act } from '../act.ts'
import { commandKind } from './command.ts'
import { resource, type AnyResource, type Kind, type Resource, type Shell } from './kind.ts'

interface ActSpec {
  readonly name: string
  /** Reads only; exit 0 says that nothing is to be done. */
  readonly unless: Shell
  readonly does: string
  readonly act: Act
}

const observing = (specs: readonly ActSpec[]) => specs.map(({ name, unless }) => ({ name, unless, run: '', timeout: 0 }))

export const actKind: Kind<ActSpec, boolean> = {
  name: 'act',
  label: spec => spec.name,
  ask: specs => commandKind.ask(observing(specs)),
  read: (output, specs) => commandKind.read(output, observing(specs)),
  compare(spec, done, triggers) {
    if (!done) return [{ does: spec.does }]
    return triggers.length ? [{ does: `${spec.does} (${triggers.join(', ')})` }] : []
  },
  change: spec => [{ act: spec.act }],
}

/**
 * What one Pi cannot do for itself, led from the controller: it may look at other hosts of the fleet. `unless` tells, on the Pi, whether
 * its effect is there already (it only reads); it also runs when a resource of `on` changed. `does` is what a plan says. Like any step it
 * may be cut off anywhere and begun anew.
 */
export function act(
  name: string,
  options: { readonly unless: Shell; readonly does?: string; readonly on?: readonly AnyResource[]; readonly act: Act },
): Resource<ActSpec, boolean> {
  return resource(actKind, { name, unless: options.unless, does: options.does ?? 'run', act: options.act }, options.on)
}
