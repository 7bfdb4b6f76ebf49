import type { Host } from '../inventory/types.ts'
import type { Session } from '../ssh/session.ts'
import type { Run } from './run.ts'

/** Does work on a host in a session of its own, which ends with it; a run that is stopped ends it, too. */
export async function connected<T>(
  { open, stop }: Pick<Run, 'open' | 'stop'>,
  host: Host,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(host)
  const abort = () => session.abort()
  stop?.addEventListener('abort', abort)
  // It may have come while the connection was made.
  if (stop?.aborted) abort()
  try {
    return await work(session)
  } finally {
    stop?.removeEventListener('abort', abort)
    await session.close()
  }
}
