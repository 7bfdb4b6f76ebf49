import { Failed, UsageError } from '../engine/errors.ts'
import type { Person } from '../engine/operation/index.ts'
import { stopOnInterrupt } from './interrupt.ts'
import { out, outJson, print, tell } from './output.ts'
import { question } from './question.ts'
import { showSteps } from './step-list.ts'

/** Who gave this command, to a long operation. */
export function personAt({
  json = false,
  yes = false,
}: {
  readonly json?: boolean | undefined
  readonly yes?: boolean | undefined
}): Person {
  return {
    json,
    print: (data, text) => print(json, data, text),
    event: data => outJson(data),
    out,
    tell,
    async agrees(to, look) {
      if (yes) return
      if (!process.stdin.isTTY || !process.stdout.isTTY)
        throw new UsageError(`${to}: say --yes where nobody can be asked`, `${look} shows what would be done`)
      if (!/^y/i.test((await question('Go ahead? [y/N] ')) ?? '')) throw new Failed({ message: 'nothing was done' })
    },
    shows: (journal, operation) => showSteps(journal, operation, json),
    stops: stopOnInterrupt,
  }
}
