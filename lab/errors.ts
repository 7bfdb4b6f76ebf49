import { Failed, type Code } from '../engine/errors.ts'

/** Something a user of the lab can understand and act on. `hint`: what to do next, one sentence. */
export class LabError extends Failed {
  override readonly name = 'LabError'

  constructor(message: string, hint?: string, code: Code = 'lab') {
    super({ code, message, ...(hint !== undefined && { hint }) })
  }
}
