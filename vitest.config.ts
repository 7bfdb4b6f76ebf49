import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const minutes = 60_000
// The folder where .ci/run wants the numbers: a file of each run, as engines and virtual Pis are tested at the same time.
const report = process.env.TEST_REPORT

// Whole files of proofs, `npm run proof:NAME`: too long for the default run.
const proofs = process.env.FLEET_LONG_TESTS ? [] : ['**/*.proof.test.ts']

// Rings take long to move. `npm test` tests these three when the engines are done, while other virtual Pis still are at it.
const rings = ['test/lab/{rebalance,ring-replace,cassandra-reclaim}.test.ts']

/** Virtual Pis: one file at a time, for they share this machine's memory and its bridge. */
const lab = (
  name: string,
  { include, exclude, order }: { readonly include: string[]; readonly exclude: string[]; readonly order: number },
) => ({
  test: {
    name,
    include,
    exclude,
    globalSetup: ['test/lab-machine.ts', 'test/packages.ts'],
    testTimeout: 10 * minutes,
    hookTimeout: 20 * minutes,
    fileParallelism: false,
    maxWorkers: 1,
    sequence: { groupOrder: order },
  },
})

export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: `${report}/${process.pid}.json` }]] : ['default'],
    projects: [
      // `npm run test:stacks`: what the bindings for AWS make of a fleet; they are installed apart.
      ...(process.env.FLEET_STACKS
        ? [
            {
              test: {
                name: 'stacks',
                include: ['stacks/test/**/*.test.ts'],
                exclude: proofs,
                ...(process.env.FLEET_LONG_TESTS && { globalSetup: ['test/lab-machine.ts', 'test/packages.ts'] }),
                testTimeout: minutes,
                fileParallelism: false,
              },
            },
          ]
        : []),
      // On every core: nothing else runs beside them, and left to itself one core stays idle.
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real databases on the loopback interface: one after the other, so that they do not starve each other.
        test: {
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          exclude: proofs,
          globalSetup: ['test/packages.ts'],
          testTimeout: 3 * minutes,
          hookTimeout: 3 * minutes,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      lab('lab', { include: ['test/lab/**/*.test.ts'], exclude: [...proofs, ...rings], order: 2 }),
      lab('lab-rings', { include: rings, exclude: [], order: 3 }),
    ],
  },
})
