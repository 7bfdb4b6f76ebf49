import type { RunEvent } from '../run/events.ts'

/** Live progress, a line a host. */
export interface Live {
  show(event: RunEvent): void
  /** Resolves when the last line stands. */
  ended(): Promise<void>
}

/** Shows a run on a terminal. `redact` is applied to all that is shown. */
export async function live(hosts: readonly string[], redact: (text: string) => string): Promise<Live> {
  const { Listr } = await import('listr2')
  const lines = new Map<string, (text: string) => void>()
  const finish = new Map<string, { done(text: string): void; failed(text: string): void }>()
  const totals = new Map<string, { at: number; of: number }>()
  const list = new Listr(
    hosts.map(host => ({
      title: host,
      task: (_context: unknown, task: { title: string; output: string }) => new Promise<void>((resolve, reject) => {
        lines.set(host, text => { task.output = redact(text) })
        finish.set(host, {
          done(text) { task.title = `${host}  ${text}`; resolve() },
          failed(text) { reject(new Error(redact(`${host}  ${text}`))) },
        })
      }),
    })),
    { concurrent: true, exitOnError: false, renderer: 'default', rendererOptions: { collapseErrors: false } },
  )
  const running = list.run()
  return {
    show(event) {
      const text = progress(event, totals)
      if (text !== undefined) lines.get(event.host)?.(text)
      if (event.event !== 'finished') return
      if (event.failure) finish.get(event.host)?.failed(event.failure.message)
      else finish.get(event.host)?.done(event.status === 'unchanged' ? 'unchanged' : `${event.status} ${event.changed}`)
    },
    ended: () => running.then(() => {}),
  }
}

function progress(event: RunEvent, totals: Map<string, { at: number; of: number }>): string | undefined {
  const total = totals.get(event.host)
  const count = total ? `${total.at}/${total.of} ` : ''
  switch (event.event) {
    case 'connecting': return 'connecting'
    case 'waiting': return `waiting for ${event.for}`
    case 'facts': return 'looking at what is there'
    case 'planned':
      totals.set(event.host, { at: 0, of: event.changes.length })
      return `${event.changes.length} to change`
    case 'changing':
      if (total) total.at++
      return `${total ? `${total.at}/${total.of} ` : ''}${event.role}: ${event.resource}: ${event.does.join('; ')}`
    case 'uploading': return `${count}${event.resource}: sending, ${Math.floor((100 * event.bytes) / Math.max(1, event.of))} %`
    case 'verifying': return 'looking whether all of it took'
    case 'note': return event.text.split('\n').at(0)
    case 'reconnecting': return `${event.because}; connecting again`
    default: return undefined
  }
}
