import pc from 'picocolors'

type Stream = Pick<NodeJS.WriteStream, 'isTTY'>

/** Whether colours are wanted there: on a terminal, unless NO_COLOR says no; FORCE_COLOR says yes. */
export function hasColors(stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Painters for texts that go there; they leave the text as it is where no colours are wanted. */
export function colors(stream: Stream): typeof pc {
  return { ...pc.createColors(hasColors(stream)), createColors: pc.createColors }
}
