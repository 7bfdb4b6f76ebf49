// What is started on a Pi: an errand as JSON comes in, what was asked for goes out. No JVM takes part. Where the errand is the first word,
// what comes in is what was kept of a cluster.
import { readFileSync } from 'node:fs'
import type { Kept } from './restores.ts'
import { run, type Errand } from './session.ts'

/** As an errand, but with certificates by the names of their files. */
type Given = Omit<Errand, 'ca' | 'own'> & { readonly caFile: string; readonly ownFile: string }

async function main(): Promise<void> {
  const [, , word] = process.argv
  const input = JSON.parse(readFileSync(0, 'utf8')) as unknown
  const { caFile, ownFile, ...errand } = (word === undefined ? input : JSON.parse(word)) as Given
  const kept = word === undefined ? {} : { kept: keptOf(input) }
  const answer = await run({ ...errand, ...kept, ca: readFileSync(caFile, 'utf8'), own: readFileSync(ownFile, 'utf8') })
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

/** What an errand with `keep` brought once. */
function keptOf(input: unknown): Kept {
  const { kept, rules } = input as { readonly kept: Pick<Kept, 'topics'>; readonly rules: Pick<Kept, 'rules'> }
  return { topics: kept.topics, rules: rules.rules }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
