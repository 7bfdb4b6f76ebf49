import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import manifest from '../package.json' with { type: 'json' }
import { hasColors } from './colors.ts'
import { addCompletion } from './completion.ts'
import { report } from './errors.ts'
import { exitCodeMeanings, exitCodes } from './exit-codes.ts'
import { interrupted } from './interrupt.ts'

export interface Description {
  readonly name: string
  readonly description: string
  /** What `--inventory` is when nobody says. */
  readonly defaultInventory?: string
  /** Command lines and what they do, shown by `--help`. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
}

/** A command with the look and the options all have; subcommands are added to it, and inherit them. */
export function createProgram({ name, description, defaultInventory = 'hosts/pi.yaml', examples }: Description): Command {
  return new Command(name)
    .description(description)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      outputError: () => {},
      getOutHasColors: () => hasColors(process.stdout),
      getErrHasColors: () => hasColors(process.stderr),
    })
    .configureHelp(look)
    .version(manifest.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--inventory <file>', `the fleet; default: FLEET_INVENTORY, else ${defaultInventory}`)
    .option('--json', 'print data for programs instead of text for people')
    .addHelpText('after', () => `\n${exampleText(examples)}\n\n${exitCodeText()}`)
}

/**
 * Runs a program on this process's command line. What it throws is printed as one error, and gives the exit code; see `exit-codes.ts`. An
 * action that wants another one sets `process.exitCode`.
 */
export async function run(program: Command, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  addCompletion(program)
  stopQuietlyWhenNobodyReads()
  try {
    await program.parseAsync(argv, { from: 'user' })
    if (interrupted()) process.exitCode = exitCodes.stopped
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    // `lab` alone: its help was printed on standard error.
    process.exitCode =
      error instanceof CommanderError && error.code === 'commander.help'
        ? exitCodes.wrongUse
        : await report(error, { command: program.name(), json: wantsJson(argv) })
    if (interrupted()) process.exitCode = exitCodes.stopped
  }
}

const paint = pc.createColors(true)
// Commander takes colours out again where they are not wanted.
const look = {
  showGlobalOptions: true,
  sortSubcommands: false,
  styleTitle: (text: string) => paint.bold(text),
  styleCommandText: (text: string) => paint.cyan(text),
  styleSubcommandTerm: (text: string) => paint.cyan(text),
  styleOptionTerm: (text: string) => paint.cyan(text),
  styleArgumentTerm: (text: string) => paint.cyan(text),
}

function exampleText(examples: Description['examples']): string {
  const { bold, dim } = pc.createColors(hasColors(process.stdout))
  const width = Math.max(...examples.map(([line]) => line.length))
  return [bold('Examples:'), ...examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${dim(`# ${meaning}`)}`)].join('\n')
}

function exitCodeText(): string {
  const { bold } = pc.createColors(hasColors(process.stdout))
  return [bold('Exit codes:'), ...exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`)].join('\n')
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

/** `fleet list | head -1` is no failure. */
function stopQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
}
