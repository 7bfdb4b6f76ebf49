/** One edge of the way from one state of a fleet to another, as journals keep it. Each looks first at what is there, so each can be taken again. */
export interface Step {
  readonly state: string
  /** The host it is about, by its name in the inventory. */
  readonly node: string
}
