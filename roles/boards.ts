import type { Metrics, Panel } from './offers.ts'

/** Panels that are looked at together: a dashboard, or a part of a report. */
export interface Board {
  /** Of files and addresses: small letters, digits, hyphens. */
  readonly id: string
  readonly title: string
  readonly panels: readonly Panel[]
}

// What a person looks at first.
const first = ['Temperature', 'Fleet']

/** All boards of what a fleet's roles offer. Each job's panels are there once, whatever number of hosts offers them. */
export function boardsOf(offers: readonly { readonly value: Metrics }[]): readonly Board[] {
  const byJob = new Map(offers.map(({ value }) => [value.job, value]))
  const boards = new Map<string, Panel[]>()
  for (const { title, board, panels = [] } of byJob.values())
    for (const panel of panels) {
      const name = panel.board ?? board ?? capital(title)
      boards.set(name, [...(boards.get(name) ?? []), panel])
    }
  const rank = (title: string) => (first.indexOf(title) + first.length + 1) % (first.length + 1)
  return [...boards]
    .map(([title, panels]) => ({ id: title.toLowerCase().replace(/[^a-z0-9]+/g, '-'), title, panels }))
    .sort((a, b) => rank(a.title) - rank(b.title))
}

/** `its collector` is one of many here: `Collector`. */
const capital = (title: string): string => title.replace(/^(?:its|the) /, '').replace(/^./, letter => letter.toUpperCase())
