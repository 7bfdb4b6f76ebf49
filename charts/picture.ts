import type { Span } from '../roles/offers.ts'

/** A curve: a value for each point of the span; null: nothing is known of that time. */
export interface Curve {
  readonly name: string
  readonly values: readonly (number | null)[]
}

/** What a panel became. */
export interface Picture {
  readonly title: string
  /** Of its values, in Grafana's words; absent: a plain number. */
  readonly unit?: string
  readonly curves: readonly Curve[]
  /** Why curves are missing, a sentence each. */
  readonly missing: readonly string[]
  /** When its first point is, in seconds since 1970, where that is not the begin of the report's span. */
  readonly from?: number
}

/** Numbers that are better read than seen. */
export interface Table {
  readonly title?: string
  readonly columns: readonly string[]
  /** A cell for each column. */
  readonly rows: readonly (readonly (string | number)[])[]
}

export interface Part {
  readonly title: string
  /** A sentence below the title. */
  readonly text?: string
  /** Stand above the pictures. */
  readonly tables?: readonly Table[]
  readonly pictures: readonly Picture[]
}

/** Something a reader should know before the pictures. */
export interface Note {
  /** `alert`: an alert is open. `missing`: somebody tells nothing. `failed`: a question had no answer. */
  readonly kind: 'alert' | 'missing' | 'failed'
  readonly text: string
}

/** All that a report tells. */
export interface Report {
  readonly fleet: string
  readonly hosts: number
  readonly span: Span
  /** Who was asked, for a person. */
  readonly source: string
  /** When, in seconds since 1970. */
  readonly made: number
  readonly notes: readonly Note[]
  readonly parts: readonly Part[]
}

/** Pictures of a report, and those with anything to see. */
export function countOf({ parts }: Pick<Report, 'parts'>): { readonly pictures: number; readonly seen: number } {
  const all = parts.flatMap(({ pictures }) => pictures)
  return { pictures: all.length, seen: all.filter(hasValues).length }
}

/** Is there anything to see? */
export function hasValues({ curves }: Pick<Picture, 'curves'>): boolean {
  return curves.some(({ values }) => values.some(value => value !== null))
}
