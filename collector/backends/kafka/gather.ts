interface Call<Item> {
  readonly items: readonly Item[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends one after the other, and what is asked for meanwhile goes together in the next, `most` items at most (a call is never split).
 * A call fails when the sending it was part of fails.
 */
export function gathering<Item>(most: number, send: (items: readonly Item[]) => Promise<void>): (items: readonly Item[]) => Promise<void> {
  const waiting: Call<Item>[] = []
  let busy = false

  function next(): readonly Call<Item>[] {
    let count = 0
    const end = waiting.findIndex(({ items }, index) => (count += items.length) > most && index > 0)
    return waiting.splice(0, end === -1 ? waiting.length : end)
  }

  async function work(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const calls = next()
      try {
        await send(calls.flatMap(({ items }) => items))
        for (const { resolve } of calls) resolve()
      } catch (error) {
        for (const { reject } of calls) reject(error)
      }
    }
    busy = false
  }

  return items =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject })
      if (!busy) void work()
    })
}
