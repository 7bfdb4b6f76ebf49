/**
 * PromQL that gives each host its share of the sum of all weights, under the label `host`, so that what a host carries can be held against it.
 */
export function byHost(weights: Readonly<Record<string, number>>): string {
  const sum = Object.values(weights).reduce((all, weight) => all + weight, 0)
  // A name of a host is letters, digits, dots and hyphens: nothing in it ends a string.
  const share = ([host, weight]: [string, number]) => `label_replace(vector(${(weight / sum).toFixed(4)}), "host", "${host}", "", "")`
  return Object.entries(weights).map(share).join(' or ') || 'vector(1)'
}

/** The share of the sum of all weights that one has. */
export function shareOf(weights: Readonly<Record<string, number>>, name: string): number {
  return (weights[name] ?? 0) / Object.values(weights).reduce((all, weight) => all + weight, 0)
}

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`
