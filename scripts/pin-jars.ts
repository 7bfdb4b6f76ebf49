import { createProgram, run } from '../cli/program.ts'

const program = createProgram({
  name: 'pin-jars',
  description:
    'Writes down the SHA-512 of every jar a pom asks for, beside it. `provision` takes no others. For who changes a version; see what changed before it is kept.',
  examples: [['npm run pin:jars -- roles/cassandra/pom.xml', 'downloads all of them anew, and writes roles/cassandra/pom.sha512']],
})

program
  .argument('<pom...>', 'pom.xml of a role')
  .action(async (poms: readonly string[]) => (await import('./actions/pin-jars.ts')).pinJars(poms))

await run(program)
