import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'

const program = createProgram({
  name: 'secret',
  description: 'Passwords and keys of a fleet, kept encrypted beside its inventory. They are made when a role first needs them.',
  examples: [
    ['secret list', 'names and ages, never values'],
    ['secret show mariadb/root', 'print one'],
    ['secret set mariadb/root', 'type one in, unseen'],
    ['pass show pi/mariadb | secret set mariadb/root', 'take it from another program'],
    ['secret rotate mariadb/root', 'make a new one; the next provision brings it to the Pis'],
  ],
})
const actions = () => import('./actions/secret.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()

program
  .command('list')
  .description('print the names of all secrets, without their values')
  .action(async () => (await actions()).list(options()))
program
  .command('show')
  .description('print the value of a secret')
  .argument('<name>', 'such as mariadb/root')
  .action(async (name: string) => (await actions()).show(name, options()))
program
  .command('set')
  .description('keep a value that comes from elsewhere: from standard input, or typed in unseen')
  .argument('<name>', 'such as mariadb/root')
  .action(async (name: string) => (await actions()).set(name, options()))
program
  .command('rotate')
  .description('replace a secret with a new one')
  .argument('<name>', 'such as mariadb/root')
  .action(async (name: string) => (await actions()).rotate(name, options()))

await run(program)
