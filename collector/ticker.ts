/** Calls `tick` every `interval` ms without drift; `missed` is told how many ticks a stall took, which are not made up for. Returns how to end it. */
export function everyInterval(interval: number, tick: () => void, missed: (ticks: number) => void): () => void {
  let due = performance.now()
  let timer: NodeJS.Timeout | undefined
  const run = (): void => {
    tick()
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
