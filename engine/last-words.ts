/** A line of where a program of Java was, not of what it says. */
const frame = /^\s+(at |\.\.\. \d+ (more|common frames))/

/** The lines of what a program said, without where a program of Java was meanwhile. */
export const saidLines = (said: string): readonly string[] => said.split('\n').filter(line => line.trim() !== '' && !frame.test(line))

/** The last line that says something; empty where none does. */
export const lastWords = (said: string): string => saidLines(said).at(-1)?.trim() ?? ''
