import { appendFile } from 'node:fs/promises'
import * as z from 'zod'
import { hostsSchema } from '../../../../collector/backends/address.ts'
import { nameSchema, passwordFileSchema } from '../../../../collector/backends/fields.ts'
import { hostFlag } from '../../../../collector/backends/flags.ts'
import { backendKind } from '../../../../collector/backends/kind.ts'

/** A backend of this test alone: it writes readings to a file, and counts what it refuses by name. */
export const paper = backendKind({
  type: 'paper',
  schema: z.strictObject({
    type: z.literal('paper'),
    name: nameSchema('paper'),
    hosts: hostsSchema.default(['desk']),
    passwordFile: passwordFileSchema,
    sheet: z.string().min(1),
  }),
  flags: { hosts: hostFlag, sheet: { name: 'sheet', value: '<file>', help: 'what is written on' } },
  examples: ['--backend paper --sheet readings.txt'],
  open: ({ sheet }, password) =>
    Promise.resolve({
      maxBatch: 10,
      resolution: 1000,
      async connect() {
        await appendFile(sheet, `opened with ${password() || 'nothing'}\n`)
      },
      async store(readings) {
        await appendFile(sheet, readings.map(({ location, value, note }) => `${location} ${value} ${note}\n`).join(''))
        return { duplicates: 0 }
      },
      classify: error => ({ kind: 'transient', code: 'PAPER', message: String(error) }),
      close: () => Promise.resolve(),
    }),
  addCommands: collect => {
    collect.command('shred').action(() => {
      process.stdout.write('shredded\n')
    })
  },
})
