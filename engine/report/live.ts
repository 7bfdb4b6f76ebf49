import { clusterTitle, titleOf, type RunEvent } from '../run/events.ts'

/** Live progress, a line a host, and one for what belongs to the cluster of a role. */
export interface Live {
  show(event: RunEvent): void
  /** Says something on the line of each host that is still at work. */
  everywhere(text: string): void
  /** Resolves when the last line stands. */
  ended(): Promise<void>
}

/** Shows a run on a terminal; `clusters` are names of roles. `redact` is applied to all that is shown. */
export async function live(hosts: readonly string[], clusters: readonly string[], redact: (text: string) => string): Promise<Live> {
  const { Listr } = await import('listr2')
  // A host may have ended before its line is drawn: what it said is there before.
  const lines = new Map([...hosts, ...clusters.map(role => clusterTitle(role))].map(title => [title, new Line(redact)]))
  const totals = new Map<string, { at: number; of: number }>()
  const list = new Listr(
    [...lines].map(([title, line]) => ({ title, task: (_context: unknown, task: Drawn) => line.draw(task) })),
    // Ctrl-C is the command's own: the library would leave at once, in the middle of a step and without a word.
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: { collapseErrors: false },
    },
  )
  const running = list.run()
  return {
    show(event) {
      const line = lines.get(lineOf(event))
      const text = progress(event, totals)
      if (text !== undefined) line?.say(text)
      if (event.event !== 'finished') return
      const title = titleOf(event)
      if (event.failure) line?.fail(`${title}  ${event.failure.message}`)
      else line?.end(`${title}  ${event.status === 'unchanged' ? 'unchanged' : `${event.status} ${event.changed}`}`)
    },
    everywhere(text) {
      for (const line of lines.values()) line.say(text)
    },
    ended: () => running.then(() => {}),
  }
}

/** A line as the list draws it. */
interface Drawn {
  title: string
  output: string
}

/** One line, whether it is drawn yet or not. */
class Line {
  readonly #redact: (text: string) => string
  readonly #over: Promise<string>
  #done: (title: string) => void = () => {}
  #failed: (error: Error) => void = () => {}
  #task: Drawn | undefined
  #text = ''

  constructor(redact: (text: string) => string) {
    this.#redact = redact
    this.#over = new Promise((done, failed) => {
      this.#done = done
      this.#failed = failed
    })
    // One that fails before anybody looks at it is no accident of this program.
    this.#over.catch(() => {})
  }

  say(text: string): void {
    this.#text = this.#redact(text)
    if (this.#task) this.#task.output = this.#text
  }

  end(text: string): void {
    this.#done(text)
  }

  fail(text: string): void {
    this.#failed(new Error(this.#redact(text)))
  }

  async draw(task: Drawn): Promise<void> {
    this.#task = task
    if (this.#text) task.output = this.#text
    task.title = await this.#over
  }
}

/** Which host speaks for a cluster shows in the course of a run. */
const lineOf = ({ host, cluster }: RunEvent) => (cluster === undefined ? host : clusterTitle(cluster))

function progress(event: RunEvent, totals: Map<string, { at: number; of: number }>): string | undefined {
  const total = totals.get(lineOf(event))
  const count = total ? `${total.at}/${total.of} ` : ''
  switch (event.event) {
    case 'connecting':
      return 'connecting'
    case 'waiting':
      return `waiting for ${event.for}`
    case 'facts':
      return 'looking at what is there'
    case 'planned':
      totals.set(lineOf(event), { at: 0, of: event.changes.length })
      return `${event.changes.length} to change`
    case 'changing':
      if (total) total.at++
      return `${total ? `${total.at}/${total.of} ` : ''}${event.role}: ${event.resource}: ${event.does.join('; ')}`
    case 'uploading':
      return `${count}${event.resource}: sending, ${Math.floor((100 * event.bytes) / Math.max(1, event.of))} %`
    case 'verifying':
      return 'looking whether all of it took'
    case 'note':
      return event.text.split('\n').at(0)
    case 'reconnecting':
      return `${event.because}; connecting again`
    default:
      return undefined
  }
}
