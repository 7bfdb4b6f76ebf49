import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'

const program = createProgram({
  name: 'demo',
  description:
    'Boots the lab fleet, provisions it, lets its producers measure, and shows what came of it. The lab stays up: `npx lab down` ends it.',
  defaultInventory: 'hosts/lab.yaml',
  examples: [
    ['npm run demo', 'the whole of it; needs root (or sudo)'],
    ['npm run demo -- --seconds 120', 'let the producers measure for two minutes'],
  ],
})

program
  .option('--seconds <n>', 'how long the producers measure', '30')
  .action(async ({ seconds }: { seconds: string }) => (await import('./actions/demo.ts')).demo(seconds, program.opts<CommonOptions>()))

await run(program)
