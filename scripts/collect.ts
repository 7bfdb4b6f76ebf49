import { buildCollector } from '../collector/build.ts'
import { become } from '../cli/child.ts'

// The command is the very file that runs on the Pis.
const { path } = await buildCollector()
await become(process.execPath, [path, ...process.argv.slice(2)])
