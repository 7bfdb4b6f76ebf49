import { check, describe } from '../../engine/inventory/explain.ts'
import { InventoryError, type Problem } from '../../engine/inventory/problem.ts'
import { Source } from '../../engine/inventory/source.ts'
import type * as z from 'zod'
import { type Fault, faultKinds, faultSchema } from '../fault/kinds.ts'
import { type Scenario, scenarioSchema, type Step, type stepSchema } from './schema.ts'

/**
 * A scenario from the text of a file. `file` is its name in messages.
 * @throws InventoryError with every problem found, each with its line and column
 */
export function parseScenario(text: string, file: string): Scenario {
  const source = new Source(text, file)
  if (!source.readable) throw new InventoryError(source.problems)
  const data = source.data()
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new InventoryError([source.atValue([], `a scenario is a map of keys (scenario, store, steps, …), not ${describe(data)}`)])
  const { data: read, problems: wrong } = check(scenarioSchema, data, source, inner => inner)
  const problems: Problem[] = [...source.problems, ...wrong]
  const raw = (data as { readonly steps?: unknown }).steps
  // Each step is looked at even where another key of the file is wrong.
  const steps = read ? read.steps.map((step, index) => stepOf(step, index, source, problems)) : []
  if (!read && Array.isArray(raw)) raw.forEach((step, index) => void (isMap(step) && stepOf(step, index, source, problems)))
  if (problems.length > 0 || !read) throw new InventoryError(problems)
  return { name: read.scenario, store: read.store, steady: read.steady, steps: steps.flatMap(step => step ?? []), expect: read.expect }
}

const kinds = ['fault', 'wait', 'run', 'heal', 'new-card'] as const

function stepOf(step: z.infer<typeof stepSchema>, index: number, source: Source, problems: Problem[]): Step | undefined {
  const at = ['steps', index] as const
  const said = kinds.filter(kind => step[kind] !== undefined)
  const [kind] = said
  if (kind === undefined || said.length > 1) {
    problems.push(source.atValue(at, `a step is one of ${kinds.join(', ')}${said.length > 1 ? `, not ${said.join(' and ')}` : ''}`))
    return undefined
  }
  if (step.for !== undefined && kind !== 'fault') {
    problems.push(source.atKey([...at, 'for'], 'only a fault lasts for some time'))
    return undefined
  }
  if (step.exits !== undefined && kind !== 'run') {
    problems.push(source.atKey([...at, 'exits'], 'only a command ends with a code'))
    return undefined
  }
  switch (kind) {
    case 'fault': {
      const fault = faultOf(step.fault, [...at, 'fault'], source, problems)
      return fault && { kind, fault, ...(step.for !== undefined && { seconds: step.for }) }
    }
    case 'wait':
      return { kind, seconds: step.wait ?? 0 }
    case 'run':
      return { kind, words: step.run ?? [], exits: step.exits ?? 0 }
    case 'heal':
      return { kind, ...(Array.isArray(step.heal) && { hosts: step.heal }) }
    case 'new-card':
      return { kind, hosts: step['new-card'] ?? [] }
  }
}

/** By the kind it says, so that what is wrong is told of that kind and not of all there are. */
function faultOf(value: unknown, at: readonly (string | number)[], source: Source, problems: Problem[]): Fault | undefined {
  const kind = isMap(value) ? value['kind'] : undefined
  const schema = faultSchema.options.find(({ shape }) => shape.kind.values.has(kind as never))
  if (!schema) {
    const message = kind === undefined ? 'missing key "kind"' : `there is no fault ${describe(kind)}`
    problems.push(source.atValue([...at, 'kind'], message, `faults: ${Object.keys(faultKinds).join(', ')}`))
    return undefined
  }
  const { data, problems: wrong } = check(schema as z.ZodType<Fault>, value, source, inner => [...at, ...inner])
  problems.push(...wrong)
  return data
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
