/**
 * Repeats `attempt` each second until it does not throw; throws its last error after `seconds`, or once `over` says that more attempts make
 * no sense.
 */
export async function until(attempt: () => Promise<unknown>, seconds = 60, over: () => boolean = () => false): Promise<void> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (Date.now() > end || over()) throw error
      await new Promise(done => setTimeout(done, 1000))
    }
  }
}
