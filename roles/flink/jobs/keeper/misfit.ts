/** How Flink says that a version cannot go on from the state it was given. */
const misfits = [
  /Cannot map checkpoint\/savepoint state[^\n]*/,
  /Failed to rollback to checkpoint\/savepoint[^\n]*/,
  /[^\n]*StateMigrationException[^\n]*/,
  /[^\n]*(?:new|state) (?:key |namespace |state )?serializer[^\n]*(?:incompatible|must not be|cannot be)[^\n]*/i,
  /[^\n]*max parallelism[^\n]*(?:changed|mismatch)[^\n]*/i,
  /Cannot find (?:checkpoint or savepoint|meta ?data)[^\n]*/i,
]

/** The line that says so; undefined: what went wrong is something else. */
export function misfit(text: string): string | undefined {
  for (const pattern of misfits) {
    const [line] = pattern.exec(text) ?? []
    if (line !== undefined) return line.trim().slice(0, 300)
  }
  return undefined
}

/** What a person can do then. */
export const choices = (name: string): string =>
  `take the edit back; or on the JobManager's Pi: \`flink-jobs drop ${name}\` goes on without the state that nothing reads any more, ` +
  `\`flink-jobs anew ${name}\` begins with the first reading of the topic`
