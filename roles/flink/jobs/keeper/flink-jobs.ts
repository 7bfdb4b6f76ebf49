// Runs on the JobManager's Pi: brings the jobs of the fleet to what is wanted, each from where it was. Who calls it has the lock.
import { readFileSync } from 'node:fs'
import type { Job } from '../job.ts'
import { answers, Marks } from './answers.ts'
import type { KeeperConfig } from './config.ts'
import { Keeper } from './keeper.ts'
import type { Accept } from './record.ts'

const [, , configFile = '', command = '', word = ''] = process.argv
const config = JSON.parse(readFileSync(configFile, 'utf8')) as KeeperConfig
const marks = new Marks(config.folder)
const keeper = new Keeper(config, text => console.error(text))

const print = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`)

/** Steps for so many seconds; what is not as it should be then is told, and is an error only to who waits for it. */
async function keep(patience: number): Promise<Readonly<Record<string, string>>> {
  // Nobody has said which jobs there are to be: none is begun, and none is stopped.
  const wanted = keeper.records.wanted()
  return wanted === undefined ? {} : (await keeper.round(wanted, patience)).waiting
}

/** What is wanted, known and seen: what the controller compares. It changes nothing. */
async function ask(): Promise<unknown> {
  const wanted = keeper.records.wanted()?.map(({ name, hash }) => ({ name, hash })) ?? []
  const records = keeper.records.names().flatMap(name => {
    const { run, stopping, refused } = keeper.records.read(name) ?? {}
    return [
      { name, ...(run && { hash: run.hash, id: run.id, settled: run.settled }), stopping: stopping !== undefined, refused: refused ?? {} },
    ]
  })
  const jobs = await keeper.rest.jobs().then(
    found => ({ jobs: found }),
    (error: unknown) => ({ silent: String(error) }),
  )
  return { wanted, records, ...jobs }
}

/** A person says how a job goes on whose state does not fit. */
async function accept(name: string, how: Accept): Promise<void> {
  const record = keeper.records.read(name)
  if (!record) throw new Error(`no job is called ${name}: ${keeper.records.names().join(', ')}`)
  keeper.records.write({ ...record, accept: how })
  tell(await keep(300))
}

function tell(waiting: Readonly<Record<string, string>>): void {
  for (const why of Object.values(waiting)) console.error(why)
  if (Object.keys(waiting).length > 0) process.exitCode = 1
}

async function main(): Promise<void> {
  switch (command) {
    case 'ask':
      return print(await ask())
    case 'health':
      return print((await answers(keeper, keeper.records.wanted() ?? [], marks.read())).answer)
    case 'left':
      for (const folder of await keeper.left()) console.log(folder)
      return
    case 'want':
      keeper.records.want(JSON.parse(readFileSync(0, 'utf8')) as readonly Job[])
      return tell(await keep(Number(word)))
    case 'keep': {
      for (const why of Object.values(await keep(Number(word)))) console.error(why)
      return marks.write((await answers(keeper, keeper.records.wanted() ?? [], marks.read())).marks)
    }
    case 'anew':
    case 'drop':
      return accept(word, command)
    default:
      throw new Error('ask | health | left | keep SECONDS | want SECONDS < JOBS | anew NAME | drop NAME')
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
