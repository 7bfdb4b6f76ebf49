import { up } from '../../lab/index.ts'
import { killFleet } from './labtest.ts'

// A `lab up` to be killed: says when it begins and when it is done.
process.stdout.write('begin\n')
await up(killFleet)
process.stdout.write('done\n')
