import type { Argument, Command, Option } from 'commander'
import type { Candidate } from './names.ts'

/**
 * What may stand in the place of the last word, given those before it. Nothing when it is a file, which the shell knows better, or
 * anything at all.
 */
export async function candidates(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const last = words.at(-1) ?? ''
  const { command, operands, option } = walk(program, words.slice(0, -1))
  const all = option
    ? valuesOf(option.argChoices)
    : last.startsWith('-')
      ? optionsOf(command)
      : [...subcommandsOf(command, operands), ...(await argumentsOf(program, command, operands, words))]
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

function subcommandsOf(command: Command, operands: number): readonly Candidate[] {
  if (operands > 0) return []
  return command
    .createHelp()
    .visibleCommands(command)
    .map(each => ({ value: each.name(), meaning: each.description() }))
}

async function argumentsOf(program: Command, command: Command, operands: number, words: readonly string[]): Promise<readonly Candidate[]> {
  const argument = argumentAt(command, operands)
  if (!argument) return []
  if (argument.argChoices) return valuesOf(argument.argChoices)
  if (!/^(hosts?|patterns?)$/.test(argument.name())) return []
  const { namesIn } = await import('./names.ts')
  const at = words.indexOf('--inventory')
  return namesIn(program.name(), at < 0 ? undefined : words[at + 1], argument.name().startsWith('pattern'))
}

function argumentAt(command: Command, operands: number): Argument | undefined {
  const known = command.registeredArguments
  const last = known.at(-1)
  return known[operands] ?? (last?.variadic ? last : undefined)
}

function valuesOf(choices: readonly string[] | undefined): readonly Candidate[] {
  return (choices ?? []).map(value => ({ value, meaning: '' }))
}
