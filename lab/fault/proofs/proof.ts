/** What was measured of a fault at one host. */
export interface Proof {
  readonly host: string
  /** What had to be seen, for a person: `1.8 to 2.6 ms`. */
  readonly expected: string
  readonly measured: string
  /** It was seen: the fault is in force. */
  readonly took: boolean
}

/** What a measurement found, before it is somebody's. */
export type Found = Omit<Proof, 'host'>
