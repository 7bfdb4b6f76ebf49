// What is started on a Pi: an errand as JSON comes in, what was asked for goes out. No JVM takes part.
import { readFileSync } from 'node:fs'
import { run, type Errand } from './session.ts'

/** As an errand, but with certificates by the names of their files. */
type Given = Omit<Errand, 'ca' | 'own'> & { readonly caFile: string; readonly ownFile: string }

async function main(): Promise<void> {
  const { caFile, ownFile, ...errand } = JSON.parse(readFileSync(0, 'utf8')) as Given
  const answer = await run({ ...errand, ca: readFileSync(caFile, 'utf8'), own: readFileSync(ownFile, 'utf8') })
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
