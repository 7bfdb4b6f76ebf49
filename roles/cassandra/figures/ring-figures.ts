// Prints figures of the ring, as this Pi's node knows it, for the node exporter. Exit code 1 where the node does not answer.
import { Session } from '../cql/session.ts'
import { readSettings } from '../cql/settings.ts'
import { ringFigures } from './text.ts'

async function main(): Promise<void> {
  const session = await Session.open(readSettings())
  const rows = async (cql: string) => (await session.ask(cql)).rows
  try {
    const [local] = await rows('SELECT tokens FROM system.local')
    const peers = await rows('SELECT peer, tokens FROM system.peers_v2')
    const streams = await rows('SELECT status, last_updated_at FROM system_views.streaming')
    const textsOf = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
    process.stdout.write(
      ringFigures(
        {
          own: textsOf(local?.['tokens']),
          peers: peers.map(({ peer, tokens }) => ({ address: String(peer), tokens: textsOf(tokens) })),
          streams: streams.map(({ status, last_updated_at: at }) => ({
            status: String(status),
            moved: at instanceof Date ? at.getTime() : Date.now(),
          })),
        },
        Date.now(),
      ),
    )
  } finally {
    session.close()
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`ring figures: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
