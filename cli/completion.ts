import { Argument, Command } from 'commander'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

/** Adds `completion bash|zsh|fish`, and the hidden command that those scripts ask. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what makes a shell complete this command')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText('after', `\nExample:\n  source <(${program.name()} completion bash)   # in ~/.bashrc`)
    .action((shell: Shell) => void process.stdout.write(script(program.name(), shell)))
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { candidates } = await import('./candidates.ts')
      const found = await candidates(program, words)
      process.stdout.write(found.map(({ value, meaning }) => `${value}\t${meaning}\n`).join(''))
    })
}

/** A script for a shell: it asks the command itself, so that it knows the hosts of today's inventory. */
function script(name: string, shell: Shell): string {
  const ask = `${name} __complete --`
  switch (shell) {
    case 'bash':
      return `_${name}_complete() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(${ask} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "$cur"))
}
complete -o default -F _${name}_complete ${name}
`
    case 'zsh':
      return `#compdef ${name}
_${name}_complete() {
  local -a found
  local value meaning
  while IFS=$'\\t' read -r value meaning; do found+=("\${value//:/\\\\:}:$meaning"); done < <(${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe '${name}' found || _files
}
compdef _${name}_complete ${name}
`
    case 'fish':
      return `complete -c ${name} -a '(${ask} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`
  }
}
