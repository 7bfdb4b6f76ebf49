/** Words for numbers of Kafka's protocol. */
export const resources = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
export const operations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

export type Resource = keyof typeof resources
export type Operation = keyof typeof operations

/** One thing that one account may do, from anywhere. */
export interface Rule {
  /** An account by its name, without `User:`. */
  readonly user: string
  readonly operation: Operation
  readonly resource: Resource
  readonly name: string
}

/** The word for a number; the number itself where there is none. */
export function wordOf<W extends string>(words: Readonly<Record<W, number>>, number: number): W {
  return (Object.keys(words) as W[]).find(word => words[word] === number) ?? (String(number) as W)
}

/** A topic of one broker's own, by which it is known to do its work: nobody's data. */
export const healthTopic = (id: number): string => `${healthPrefix}${id}`
export const healthPrefix = 'fleet.health.'

/** What Kafka calls the cluster as a resource. */
export const clusterName = 'kafka-cluster'

/** One line of text for a rule, the same for the same one. */
export const ruleText = ({ user, operation, resource, name }: Rule): string => `${user} ${operation} ${resource} ${name}`
