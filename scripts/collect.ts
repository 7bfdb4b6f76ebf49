import { collectorEntry } from '../collector/entry.ts'
import { buildProgram } from '../engine/programs/index.ts'
import { become } from '../cli/child.ts'

// The command is the very file that runs on the Pis.
const { path } = await buildProgram(collectorEntry)
await become(process.execPath, [path, ...process.argv.slice(2)])
