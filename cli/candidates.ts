import type { Argument, Command, Option } from 'commander'
import type { Candidate, Values } from './names.ts'

/**
 * What may stand in the place of the last word, given those before it. Nothing when it is a file, which the shell knows better, or
 * anything at all.
 */
export async function candidates(program: Command, words: readonly string[], values: Values): Promise<readonly Candidate[]> {
  const last = words.at(-1) ?? ''
  const { command, operands, option } = walk(program, words.slice(0, -1))
  const all = await (option
    ? optionValues(option, program, words, values)
    : last.startsWith('-')
      ? optionsOf(command)
      : [...subcommandsOf(command, operands), ...(await argumentsOf(program, command, operands, words, values))])
  return all.filter(({ value }) => value.startsWith(last))
}

/** Follows the words to the command they stand in, and the option that waits for a value. */
function walk(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly operands: number; readonly option: Option | undefined } {
  let command = program
  let operands = 0
  let option: Option | undefined
  for (const word of words) {
    if (option) option = undefined
    else if (word.startsWith('-'))
      option = knownOptions(command).find(each => (each.required || each.optional) && (each.long === word || each.short === word))
    else {
      const next = operands === 0 ? command.commands.find(each => each.name() === word) : undefined
      if (next) command = next
      else operands++
    }
  }
  return { command, operands, option }
}

function knownOptions(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent ? knownOptions(command.parent) : [])]
}

function optionsOf(command: Command): readonly Candidate[] {
  const known = knownOptions(command).filter(option => !option.hidden && option.long)
  return [
    ...known.map(option => ({ value: option.long ?? '', meaning: option.description })),
    { value: '--help', meaning: 'print this help' },
  ]
}

async function optionValues(option: Option, program: Command, words: readonly string[], values: Values): Promise<readonly Candidate[]> {
  const known = values[option.long ?? '']
  if (known) return known()
  return /<host/.test(option.flags) ? hostNames(program, words, false) : valuesOf(option.argChoices)
}

function subcommandsOf(command: Command, operands: number): readonly Candidate[] {
  if (operands > 0) return []
  return command
    .createHelp()
    .visibleCommands(command)
    .map(each => ({ value: each.name(), meaning: each.description() }))
}

async function argumentsOf(
  program: Command,
  command: Command,
  operands: number,
  words: readonly string[],
  values: Values,
): Promise<readonly Candidate[]> {
  const found: Candidate[] = []
  for (const argument of argumentsAt(command, operands)) found.push(...(await valuesOfArgument(argument, program, words, values)))
  return found
}

async function valuesOfArgument(
  argument: Argument,
  program: Command,
  words: readonly string[],
  values: Values,
): Promise<readonly Candidate[]> {
  if (argument.argChoices) return valuesOf(argument.argChoices)
  const known = values[argument.name()]
  if (known) return known()
  if (!/^(hosts?|patterns?)$/.test(argument.name())) return []
  return hostNames(program, words, argument.name().startsWith('pattern'))
}

async function hostNames(program: Command, words: readonly string[], groups: boolean): Promise<readonly Candidate[]> {
  const { namesIn } = await import('./names.ts')
  const at = words.indexOf('--inventory')
  return namesIn(program.name(), at < 0 ? undefined : words[at + 1], groups)
}

/** What may stand there: where an argument may be left out, those after it, too. */
function argumentsAt(command: Command, operands: number): readonly Argument[] {
  const known = command.registeredArguments
  const last = known.at(-1)
  if (operands >= known.length) return last?.variadic ? [last] : []
  const here = known.slice(operands)
  const must = here.findIndex(({ required }) => required)
  return must < 0 ? here : here.slice(0, must + 1)
}

function valuesOf(choices: readonly string[] | undefined): readonly Candidate[] {
  return (choices ?? []).map(value => ({ value, meaning: '' }))
}
