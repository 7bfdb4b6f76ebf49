import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failed, toFailure } from '../errors.ts'
import type { Host } from '../inventory/types.ts'
import { lastWords } from '../last-words.ts'
import { takeLock } from '../run/lock.ts'
import type { Session } from '../ssh/session.ts'
import type { BackupContext, Keeper } from './context.ts'
import { controllerPieces } from './controller.ts'
import { lookedAt } from './looked.ts'
import { notesTaken } from './mark.ts'
import { Metered } from './metered.ts'
import type { BackupPart } from './part.ts'
import { pieceFile, setFile, setId, type BackupSet, type StoredPiece } from './set.ts'

/** What a backup is to have. */
export interface TakeOptions {
  readonly keepers: readonly Keeper[]
  /** With what stands beside the inventory: secrets, their readers, the inventory itself. */
  readonly controller: boolean
  readonly now?: Date
}

/**
 * Takes a backup: first what has to be of one moment, on all hosts; then the parts of each host one after the other, two hosts at a time.
 * A host that fails does not keep others from it, and the backup says what it lacks. Resolves when all of it is on the disk.
 */
export async function takeBackup(context: BackupContext, { keepers, controller, now = new Date() }: TakeOptions): Promise<BackupSet> {
  const { fleet, depot } = context
  const id = await freshId(context, now)
  const pieces: StoredPiece[] = controller ? [...(await controllerPieces(context, id))] : []
  const lacks: { host: string; role: string; why: string }[] = []
  const fails = (host: Host, of: readonly Keeper[], error: unknown) => {
    const why = toFailure(error).message
    for (const { role } of of) {
      lacks.push({ host: host.name, role: role.name, why })
      context.on({ event: 'failed', host: host.name, role: role.name, why })
    }
  }
  const hosts = [...new Set(keepers.map(({ host }) => host))]
  const sessions = new Map<Host, Session>()
  const own = (host: Host) => keepers.filter(keeper => keeper.host === host)
  try {
    await Promise.all(
      hosts.map(async host => {
        try {
          const session = await context.open(host)
          sessions.set(host, session)
          await takeLock(session, { owner: context.owner, work: 'backup' }, () => {})
          for (const { backup, of } of own(host)) if (backup.begins) await ran(session, backup.begins(of))
        } catch (error) {
          fails(host, own(host), error)
          await sessions.get(host)?.close()
          sessions.delete(host)
        }
      }),
    )
    const waiting = [...sessions]
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [host, session] = next
        for (const keeper of own(host)) {
          try {
            const taken = await takeRole(context, id, keeper, session)
            pieces.push(...taken)
          } catch (error) {
            fails(host, [keeper], error)
          }
        }
      }
    }
    await Promise.all([worker(), worker()])
    for (const [host, session] of sessions)
      for (const { backup, of } of own(host)) if (backup.ends) await session.run(backup.ends(of), { timeout: 120 }).catch(() => {})
    const set: BackupSet = {
      id,
      fleet: fleet.name,
      roles: [...new Set(keepers.map(({ role }) => role.name))],
      pieces: pieces.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
      lacks,
    }
    await depot.put(id, setFile, Readable.from([`${JSON.stringify(set, undefined, 1)}\n`].map(Buffer.from)))
    // Only now: what says that there is a backup must not be before it.
    for (const [host, session] of sessions)
      for (const { role } of own(host))
        if (!lacks.some(lack => lack.host === host.name && lack.role === role.name))
          await session.run(notesTaken(role.name, now, context.figures), { timeout: 60 }).catch(() => {})
    return set
  } finally {
    await Promise.all([...sessions.values()].map(session => session.close()))
  }
}

/** A name that no other backup has: of two that begin in one second, too. */
async function freshId({ depot }: BackupContext, now: Date): Promise<string> {
  const known = new Set((await depot.sets()).map(({ id }) => id))
  for (let number = 1; ; number++) {
    const id = number === 1 ? setId(now) : `${setId(now)}-${number}`
    if (!known.has(id)) return id
  }
}

async function ran(session: Session, text: string): Promise<void> {
  const { code, stdout, stderr } = await session.run(text, { timeout: 600 })
  if (code !== 0) throw new Failed({ message: lastWords(`${stdout}\n${stderr}`) || `exit code ${code}` })
}

async function takeRole(context: BackupContext, id: string, keeper: Keeper, session: Session): Promise<readonly StoredPiece[]> {
  const pieces: StoredPiece[] = []
  for (const part of keeper.backup.parts(keeper.of)) {
    if (context.stop?.aborted) throw new Failed({ message: 'stopped' })
    pieces.push(await takePart(context, id, keeper, session, part))
  }
  return pieces
}

async function takePart(
  { depot, on, stop }: BackupContext,
  id: string,
  { host, role, backup }: Keeper,
  session: Session,
  { name, takes }: BackupPart,
): Promise<StoredPiece> {
  const said = { host: host.name, role: role.name, part: name }
  on({ event: 'part', ...said, does: 'is taken' })
  const begun = Date.now()
  const taken = new Date().toISOString()
  const looked = lookedAt(backup.reader(name))
  let told = begun
  const heard = new Metered(() => {
    if (Date.now() - told < 1000) return
    told = Date.now()
    on({ event: 'bytes', host: host.name, part: name, bytes: looked.through.bytes })
  })
  const file = pieceFile(host.name, role.name, name)
  const through = looked.through
  const abort = () => through.destroy(new Failed({ message: 'stopped' }))
  stop?.addEventListener('abort', abort)
  try {
    // The end of its bytes is not its end: it is kept only once the program there said that all was well.
    const gate = held()
    const kept = depot.put(id, file, Readable.from(gate.after(through)))
    let unkept: unknown
    kept.catch((error: unknown) => (unkept = error))
    const flow = pipeline(heard, through, { end: true })
    flow.catch(() => {})
    const { code, stderr } = await session.pipe(`{ ${takes}\n} </dev/null`, { output: heard }).catch(async error => {
      gate.fails(error)
      await kept.catch(() => {})
      // What could not be written here broke the pipe there.
      throw unkept === undefined || unkept === error ? error : unkept
    })
    if (code !== 0) {
      const failed = new Failed({ message: `${name}: ${lastWords(stderr) || `exit code ${code}`}` })
      gate.fails(failed)
      await kept.catch(() => {})
      throw failed
    }
    await flow
    let figures: Readonly<Record<string, number>>
    try {
      figures = looked.figures()
    } catch (error) {
      gate.fails(error)
      await kept.catch(() => {})
      throw new Failed({ message: `${name} is not whole: ${toFailure(error).message}` })
    }
    gate.opens()
    const stored = await kept
    const sum = through.sum()
    on({ event: 'done', ...said, bytes: through.bytes, figures, seconds: (Date.now() - begun) / 1000 })
    return { host: host.name, role: role.name, name, taken, bytes: through.bytes, figures, sum, file, ...stored }
  } finally {
    stop?.removeEventListener('abort', abort)
  }
}

/** Lets bytes pass, and their end only when it is opened. */
function held() {
  let opens = () => {}
  let fails = (_: unknown) => {}
  const opened = new Promise<void>((done, failed) => {
    opens = done
    fails = failed
  })
  opened.catch(() => {})
  return {
    opens: () => opens(),
    fails: (error: unknown) => fails(error),
    async *after(source: AsyncIterable<Buffer>) {
      yield* source
      await opened
    },
  }
}
