interface Call<Item> {
  readonly items: readonly Item[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Has each of `senders` send one after the other. What is asked for in the same turn, or while all of them send, goes together in the next
 * sending, `most` items at most (a call is never split). The first sender takes what there is, the others only what fills a sending. A call
 * fails when the sending it was part of fails.
 */
export function gathering<Item>(
  most: number,
  senders: readonly ((items: readonly Item[]) => Promise<void>)[],
): (items: readonly Item[]) => Promise<void> {
  const waiting: Call<Item>[] = []
  const idle = new Set(senders.keys())
  let count = 0
  let planned = false

  function next(): readonly Call<Item>[] {
    let taken = 0
    let end = 0
    for (const { items } of waiting) {
      if (end > 0 && taken + items.length > most) break
      taken += items.length
      end++
    }
    count -= taken
    return waiting.splice(0, end)
  }

  /** Is there something for this sender? */
  const isDue = (sender: number): boolean => count > 0 && (sender === 0 || count >= most)

  async function work(sender: number, send: (items: readonly Item[]) => Promise<void>): Promise<void> {
    idle.delete(sender)
    const calls = next()
    try {
      await send(calls.flatMap(({ items }) => items))
      for (const { resolve } of calls) resolve()
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
    idle.add(sender)
    plan()
  }

  /** Begins what can be begun when all have asked who do so in this turn. */
  function plan(): void {
    if (planned) return
    planned = true
    setImmediate(() => {
      planned = false
      for (const [sender, send] of senders.entries()) if (idle.has(sender) && isDue(sender)) void work(sender, send)
    })
  }

  return items =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject })
      count += items.length
      if (idle.size > 0) plan()
    })
}
