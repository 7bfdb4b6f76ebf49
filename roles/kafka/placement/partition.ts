/** A partition where it is. */
export interface Partition {
  readonly index: number
  /** Brokers that hold it; the first is the one that is to lead it. */
  readonly replicas: readonly number[]
  /** What a copy of it takes; 1 where that is not known. */
  readonly bytes?: number
}
