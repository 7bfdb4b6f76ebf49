// Loaded before the measured command: tells the most memory it held, in KiB, on file descriptor 3.
import { writeSync } from 'node:fs'

process.on('exit', () => writeSync(3, `${process.resourceUsage().maxRSS}\n`))
