import type { Kinds } from '../backends/kind.ts'
import { loadSettings } from '../load/settings.ts'
import type { LoadFlags } from '../load/settings.ts'
import { progressText, reportOf, reportText } from '../load/report.ts'
import { runLoad } from '../load/run.ts'
import { Problem } from '../problem.ts'

/** `collect --backend …`: sends readings as fast as it can, and prints how fast that was. @throws {Problem} */
export async function loadCommand(flags: LoadFlags, entry: URL, kinds: Kinds): Promise<void> {
  const options = loadSettings(flags, process.env, kinds)
  const { isTTY } = process.stderr
  const run = await runLoad(
    options,
    entry,
    progress => {
      if (isTTY && Math.round(progress.seconds) % 2 === 0) process.stderr.write(`\r\x1b[K${progressText(progress)}`)
    },
    second => process.stdout.write(`${JSON.stringify(second)}\n`),
  )
  if (isTTY) process.stderr.write('\r\x1b[K')
  const report = reportOf(options, run)
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report))
  if (report.stored === 0) throw new Problem('no reading was stored', 'check the backend: the errors above say why')
}
