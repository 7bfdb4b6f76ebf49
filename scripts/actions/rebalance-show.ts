import type { OnOperation, OperationEvent } from '../../engine/operation/index.ts'
import { toFailure } from '../../engine/errors.ts'
import { duration, meaningOf, type Journal } from '../../roles/cassandra/rebalance/index.ts'
import { out, outJson, shown, tell } from '../../cli/output.ts'
import { canDraw } from '../../cli/terminal.ts'

interface Shower {
  readonly on: OnOperation
  /** Says something beside the step at hand. */
  say(text: string): void
  /** Resolves when the last line stands; with what ended it, where it failed. */
  ended(error?: unknown): Promise<void>
}

/** Shows a rebalance as it goes: events as JSON, a list that lives on a terminal, or lines. */
export async function shower(journal: Journal, { json }: { readonly json?: true }): Promise<Shower> {
  if (json) return { on: event => outJson(event), say: tell, ended: async () => {} }
  return canDraw(process.stdout) ? living(journal) : { on: event => out(line(event)), say: tell, ended: async () => {} }
}

function line(event: OperationEvent): string {
  switch (event.event) {
    case 'step':
      return `[${event.step}/${event.of}] ${event.node}: ${event.state}: ${event.does}\n`
    case 'progress':
      return `        ${event.node}: ${event.text}\n`
    case 'done':
      return `        ${event.node}: ${event.state} done in ${duration(event.seconds)}\n`
    case 'waiting':
      return `        ${event.node}: waiting for ${event.for}\n`
  }
}

async function living(journal: Journal): Promise<Shower> {
  const { Listr } = await import('listr2')
  const outputs: ((text: string) => void)[] = []
  const ends: { done(seconds: number): void; failed(error: Error): void }[] = []
  const list = new Listr(
    journal.steps.map((step, index) => ({
      title: `${step.node}: ${step.state}: ${meaningOf(step)}`,
      skip: index < journal.at ? `${step.node}: ${step.state}: done before` : false,
      task: async (_context: unknown, task: { title: string; output: string }) => {
        outputs[index] = text => {
          task.output = shown(text)
        }
        const seconds = await waits[index]
        task.title = `${step.node}: ${step.state}: ${meaningOf(step)} (${duration(seconds ?? 0)})`
      },
    })),
    { concurrent: false, registerSignalListeners: false, renderer: 'default', rendererOptions: { collapseSkips: true } },
  )
  const waits = journal.steps.map(
    (_, index) =>
      new Promise<number>((done, failed) => {
        ends[index] = { done, failed }
      }),
  )
  // A step that is never reached must not end the process when it is given up.
  for (const wait of waits) wait.catch(() => {})
  const running = list.run().catch(() => {})
  let at = journal.at
  return {
    on(event) {
      if (event.event === 'step') at = event.step - 1
      if (event.event === 'progress') outputs[at]?.(event.text)
      if (event.event === 'waiting') outputs[at]?.(`waiting for ${event.for}`)
      if (event.event === 'done') ends[event.step - 1]?.done(event.seconds)
    },
    say(text) {
      outputs[at]?.(text)
    },
    async ended(error) {
      if (error !== undefined)
        ends[at]?.failed(
          new Error(shown(`${journal.steps[at]?.node ?? ''}: ${journal.steps[at]?.state ?? ''}: ${toFailure(error).message}`)),
        )
      await running
    },
  }
}
