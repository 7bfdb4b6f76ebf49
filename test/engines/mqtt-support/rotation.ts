import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { keptOf } from '../../../engine/kept.ts'
import { outputsName } from '../../../roles/awsiot/names.ts'
import { forward } from '../../../roles/awsiot/rotate/drive.ts'
import { worldOf } from '../../../roles/awsiot/rotate/world.ts'

/** What a renewal in a process of its own is told. */
export interface RotationTask {
  readonly host: string
  /** The request it began with. */
  readonly from: string
  /** The inventory, beside which requests are kept. */
  readonly file: string
  readonly folder: string
  readonly owner: string
  /** Where the agent's pages are. */
  readonly agent: string
  /** Where a deploy is asked for: the answer is what AWS has then. */
  readonly deploys: string
  /** Time runs so much faster. */
  readonly factor: number
  /** It does so many acts at most, and then waits for its end. */
  readonly most?: number
}

/** Renews a key, and says each act before it is done: so it can be killed there. */
async function main({ host, from, file, folder, owner, agent, deploys, factor, most }: RotationTask): Promise<void> {
  const kept = keptOf(file, 'awsiot')
  const page = async (path: string) => (await fetch(`${agent}${path}`)).text()
  const pages = async () => `${await page('/metrics')}\n${await page('/healthz')}`
  const world = worldOf({
    text: async (_host, shell) => execFileSync('bash', ['-c', shell], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    // An agent that does not answer just then is asked again.
    attempt: () => pages().catch(() => undefined),
    page: () => '',
    kept,
    async deploy() {
      const answer = await fetch(deploys, { method: 'POST' })
      if (!answer.ok) throw new Error(`no deploy: ${answer.status}`)
      kept.keep(outputsName, Buffer.from(await answer.arrayBuffer()))
    },
    clock: { now: () => Date.now() * factor, pause: async seconds => void (await sleep((seconds * 1000) / factor)) },
    folder,
    owner,
  })
  let count = 0
  const told: typeof world = {
    ...world,
    async does(...act) {
      process.stdout.write(`${act[0]}\n`)
      await world.does(...act)
      if (++count === most) await sleep(600_000)
    },
  }
  await forward(told, host, from, 'tidy', () => {})
}

main(JSON.parse(process.argv[2] ?? '{}') as RotationTask).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
})
