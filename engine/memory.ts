const MiB = 1024 * 1024

/** What one role will hold in memory on one Pi, in bytes, part by part (heap, direct, metaspace, stacks, page cache floor …). */
export interface MemoryUse {
  readonly role: string
  readonly parts: Readonly<Record<string, number>>
}

/** A Pi's RAM against the sum of what its roles say they will use. */
export interface MemoryBudget {
  readonly ram: number
  readonly uses: readonly MemoryUse[]
  readonly total: number
  readonly fits: boolean
}

/** Bytes a role's use sums up to. */
export function totalOf(use: MemoryUse): number {
  return Object.values(use.parts).reduce((sum, part) => sum + part, 0)
}

/** Adds the uses up and says whether they fit. */
export function budget(ram: number, uses: readonly MemoryUse[]): MemoryBudget {
  const total = uses.reduce((sum, use) => sum + totalOf(use), 0)
  return { ram, uses, total, fits: total <= ram }
}

/** Bytes as whole MiB, the unit of every budget. */
export function mib(bytes: number): string {
  return `${Math.round(bytes / MiB)} MiB`
}

/** The budget in one line, largest use first: `RAM 928 MiB, planned 412 MiB: database 300, base 60 …`. */
export function describeBudget(budget: MemoryBudget): string {
  const uses = [...budget.uses].sort((a, b) => totalOf(b) - totalOf(a)).map(use => `${use.role} ${Math.round(totalOf(use) / MiB)}`)
  return `RAM ${mib(budget.ram)}, planned ${mib(budget.total)}: ${uses.join(', ')}`
}
