/**
 * Calls `tick` every `interval` ms without drift; `missed` is told how many ticks a stall took, which are not made up for.
 * A tick that throws is told to `failed`, and the next comes as if nothing were. Returns how to end it.
 */
export function everyInterval(
  interval: number,
  tick: () => void,
  missed: (ticks: number) => void,
  failed: (error: unknown) => void,
): () => void {
  let due = performance.now()
  let timer: NodeJS.Timeout | undefined
  const run = (): void => {
    try {
      tick()
    } catch (error) {
      failed(error)
    }
    due += interval
    const behind = Math.floor((performance.now() - due) / interval)
    if (behind > 0) {
      missed(behind)
      due += behind * interval
    }
    timer = setTimeout(run, Math.max(0, due - performance.now()))
  }
  run()
  return () => clearTimeout(timer)
}
