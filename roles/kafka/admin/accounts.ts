import { randomBytes } from 'node:crypto'
import { Connection, type Target } from './protocol/connection.ts'
import { KafkaError, refuse } from './protocol/errors.ts'
import { alterUsers, createAcls, deleteAcls, describeAcls, describeUsers } from './protocol/requests.ts'
import { iterations, logIn, saltedPassword, scramSha512 } from './protocol/scram.ts'
import { operations, resources, ruleText, wordOf, type Rule } from './words.ts'

const literal = 3
const allow = 3
const any = 1

/** Names of all accounts with a password. */
export async function usersOf(connection: Connection): Promise<readonly string[]> {
  const answer = await connection.ask(describeUsers, { users: null })
  refuse('accounts', answer.error, answer.message)
  return answer.users.map(({ name }) => name).sort()
}

/** Makes an account, or gives it another password: connections that are open stay so. */
export async function setUser(connection: Connection, name: string, password: string): Promise<void> {
  const salt = randomBytes(32)
  const upsertion = { name, mechanism: scramSha512, iterations, salt, saltedPassword: saltedPassword(password, salt, iterations) }
  const { results } = await connection.ask(alterUsers, { deletions: [], upsertions: [upsertion] })
  for (const { error, message } of results) refuse(`account ${name}`, error, message)
}

/**
 * Closes an account: nobody knows its password any more. It is not removed, for Kafka 4.4.0 forgets *all* accounts when it starts after one was
 * (README).
 */
export async function closeUser(connection: Connection, name: string): Promise<void> {
  await setUser(connection, name, randomBytes(32).toString('base64url'))
}

/** Is this the password of an account? Asked by logging in with it: what the server keeps does not tell. */
export async function isPassword(target: Target, user: string, password: string): Promise<boolean> {
  const connection = await Connection.open(target)
  try {
    await logIn(connection, user, password)
    return true
  } catch (error) {
    if (error instanceof KafkaError && error.code === 58) return false
    throw error
  } finally {
    connection.close()
  }
}

/**
 * Everything that accounts may do: what one account may do with one thing, from anywhere, as `rules`; whatever else somebody has made (prefixes, hosts,
 * denials) as `others`, a line of text each.
 */
export async function rulesOf(connection: Connection): Promise<{ readonly rules: readonly Rule[]; readonly others: readonly string[] }> {
  const everything = { resource: any, name: null, pattern: any, principal: null, host: null, operation: any, permission: any }
  const answer = await connection.ask(describeAcls, everything)
  refuse('rules', answer.error, answer.message)
  const seen = answer.resources.flatMap(({ type, name, pattern, rules }) =>
    rules.map(({ principal, host, operation, permission }) => ({
      rule: { user: principal.replace(/^User:/, ''), operation: wordOf(operations, operation), resource: wordOf(resources, type), name },
      plain: pattern === literal && permission === allow && host === '*' && principal.startsWith('User:'),
    })),
  )
  return {
    rules: seen.filter(({ plain }) => plain).map(({ rule }) => rule),
    others: seen.filter(({ plain }) => !plain).map(({ rule }) => ruleText(rule)),
  }
}

export async function addRules(connection: Connection, rules: readonly Rule[]): Promise<void> {
  if (rules.length === 0) return
  const { results } = await connection.ask(createAcls, { rules: rules.map(written) })
  for (const { error, message } of results) refuse('rules', error, message)
}

export async function removeRules(connection: Connection, rules: readonly Rule[]): Promise<void> {
  if (rules.length === 0) return
  const { results } = await connection.ask(deleteAcls, { filters: rules.map(written) })
  for (const { error, message } of results) refuse('rules', error, message)
}

const written = ({ user, operation, resource, name }: Rule) => ({
  resource: resources[resource],
  name,
  pattern: literal,
  principal: `User:${user}`,
  host: '*',
  operation: operations[operation],
  permission: allow,
})
