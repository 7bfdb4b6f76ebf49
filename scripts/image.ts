import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { SeedFlags, VerifyFlags, WriteFlags } from './actions/image.ts'

const program = createProgram({
  name: 'image',
  description:
    'Makes the card of a Pi: a Raspberry Pi OS image that starts as a host of the fleet, with your key let in and its own key known.',
  examples: [
    ['image write producer1 --base raspios-lite.img.xz --out producer1.img', 'then write producer1.img to a card'],
    ['image write producer1 --base raspios-lite.img.xz --out producer1.img --sha256 SUM', 'the base is checked first'],
    ['image verify producer1 producer1.img', 'what an image holds, and whether that is what the inventory says now'],
    ['image seed producer1 --out seed', 'the same for cloud-init alone: a NoCloud seed of a virtual machine'],
  ],
})
const actions = () => import('./actions/image.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()
const formats = 'who reads the settings: cloud-init, rpi-preseed or firstrun; seen in the image where absent'

program
  .command('write')
  .description('write the image of a host; needs no root')
  .argument('<host>', 'its name in the inventory')
  .requiredOption('--base <image>', 'Raspberry Pi OS as it is downloaded: .img, .img.xz or .img.gz')
  .requiredOption('--out <file>', 'the image to make')
  .option('--sha256 <sum>', 'what the base must be; the file BASE.sha256 is taken where it is there')
  .option('--format <name>', formats)
  .option('--key <file...>', 'public keys to let in; the one you log in with by default')
  .option('--force', 'replace an image that is there')
  .action(async (host: string, flags: WriteFlags) => (await actions()).write(host, { ...options(), ...flags }))
program
  .command('verify')
  .description('read an image back: exit code 1 where it is not what the inventory says now')
  .argument('<host>', 'its name in the inventory')
  .argument('<image>', 'the file')
  .option('--format <name>', formats)
  .option('--key <file...>', 'public keys to let in; the one you log in with by default')
  .action(async (host: string, image: string, flags: VerifyFlags) => (await actions()).verify(host, image, { ...options(), ...flags }))
program
  .command('seed')
  .description('write what cloud-init reads into a folder: a NoCloud seed')
  .argument('<host>', 'its name in the inventory')
  .requiredOption('--out <folder>', 'where to')
  .option('--key <file...>', 'public keys to let in; the one you log in with by default')
  .action(async (host: string, flags: SeedFlags) => (await actions()).seed(host, { ...options(), ...flags }))

await run(program)
