import { bring, stackTools } from './tools.ts'

// `npm run stacks:tools`: what real deploys against a mock need, where it is missing.
await bring(text => process.stdout.write(`brings ${text}\n`))
const tools = stackTools()
if (typeof tools === 'string') throw new Error(tools)
process.stdout.write(`all is there; the AWS provider: ${tools.env['TF_AWS_PROVIDER_VERSION'] ?? ''}\n`)
