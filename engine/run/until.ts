/** Repeats `attempt` each second until it does not throw; after `seconds` throws its last error. */
export async function until(attempt: () => Promise<unknown>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise(done => setTimeout(done, 1000))
    }
  }
}
