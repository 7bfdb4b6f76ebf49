import { Readable } from 'node:stream'
import { execa, ExecaError } from 'execa'
import * as z from 'zod'
import { Failed } from '../errors.ts'
import type { Depot } from './depot.ts'
import { Metered } from './metered.ts'
import { setFile } from './set.ts'

const snapshots = z.array(z.object({ id: z.string(), time: z.string(), tags: z.array(z.string()).optional(), paths: z.array(z.string()) }))

/** In the place of a host's name in the repository: other backups may be there, too. */
const host = 'temperature-fleet'

/**
 * Backups in a repository of restic (of Debian, 0.14 or later), which encrypts, and stores what is alike once. A part is a snapshot of
 * one file, with the backup's name as its tag. `password` is asked for when it is needed; it goes by the environment, which only its
 * owner sees.
 */
export function resticDepot(repository: string, password: () => string): Depot {
  let begun: Promise<void> | undefined
  const run = async (words: readonly string[]): Promise<string> => {
    try {
      return (await execa('restic', [...words, '--json'], options())).stdout
    } catch (error) {
      throw failed(error)
    }
  }
  const options = () => ({
    env: { RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password(), RESTIC_PROGRESS_FPS: '0' },
    stdin: 'ignore' as const,
  })
  const there = () => (begun ??= begin())
  const begin = async () => {
    try {
      await execa('restic', ['cat', 'config'], options())
    } catch (error) {
      if (!/Is there a repository|does not exist|no such file/i.test(said(error))) throw failed(error)
      await run(['init'])
    }
  }
  const all = async () => snapshots.parse(JSON.parse((await run(['snapshots', '--host', host])) || '[]') ?? [])
  const fileOf = (paths: readonly string[]) => (paths[0] ?? '').replace(/^\//, '')
  const find = async (set: string, file: string) => (await all()).findLast(each => each.tags?.includes(set) && fileOf(each.paths) === file)

  return {
    at: `restic:${repository}`,

    async put(set, file, content) {
      await there()
      const metered = new Metered()
      const work = execa('restic', ['backup', '--stdin', '--stdin-filename', file, '--tag', set, '--host', host, '--quiet'], {
        ...options(),
        stdin: 'pipe',
        forceKillAfterDelay: 2000,
      })
      work.catch(() => {})
      try {
        for await (const piece of content.compose(metered) as AsyncIterable<Buffer>)
          if (!work.stdin.write(piece)) await Promise.race([new Promise(done => work.stdin.once('drain', done)), work.catch(() => {})])
        work.stdin.end()
      } catch (error) {
        // Before its input ends: what is not whole becomes no snapshot.
        work.kill()
        await work.catch(() => {})
        throw error
      }
      try {
        await work
      } catch (error) {
        throw failed(error)
      }
      return { stored: metered.bytes, storedSum: metered.sum() }
    },

    async stored(set, file) {
      const is = await find(set, file)
      if (!is) throw new Failed({ message: `${file} of ${set} is not in ${repository}` })
      const work = execa('restic', ['dump', is.id, `/${file}`], { ...options(), buffer: false })
      return Readable.from(
        (async function* () {
          try {
            yield* work.stdout as AsyncIterable<Buffer>
            await work
          } catch (error) {
            throw failed(error)
          } finally {
            work.kill()
            await work.catch(() => {})
          }
        })(),
      )
    },

    opened: async bytes => bytes,

    async sets() {
      try {
        await execa('restic', ['cat', 'config'], options())
      } catch (error) {
        if (/Is there a repository|does not exist|no such file/i.test(said(error))) return []
        throw failed(error)
      }
      const files = new Map<string, string[]>()
      for (const { tags = [], paths } of await all()) for (const id of tags) files.set(id, [...(files.get(id) ?? []), fileOf(paths)])
      return [...files].map(([id, of]) => ({ id, files: of })).sort((a, b) => (a.id < b.id ? -1 : 1))
    },

    async remove(set) {
      const of = (await all()).filter(({ tags }) => tags?.includes(set))
      const first = of.filter(({ paths }) => fileOf(paths) === setFile)
      if (first.length > 0) await run(['forget', ...first.map(({ id }) => id)])
      const rest = of.filter(each => !first.includes(each))
      if (rest.length > 0) await run(['forget', '--prune', ...rest.map(({ id }) => id)])
    },
  }
}

const said = (error: unknown) => (error instanceof ExecaError ? String(error.stderr ?? '') : '')

function failed(error: unknown): unknown {
  if (!(error instanceof ExecaError)) return error
  if (error.code === 'ENOENT')
    return new Failed({ message: 'there is no restic on this machine', hint: 'on Debian: apt-get install restic' })
  const lines = said(error).trim().split('\n').filter(Boolean)
  return new Failed({
    message: `restic: ${lines.at(-1) ?? error.shortMessage}`,
    output: lines.slice(-5),
    hint: 'its password is the secret backup/restic; another process of it may hold the repository (`restic unlock`)',
  })
}
