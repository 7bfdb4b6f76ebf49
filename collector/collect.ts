import { registered } from './backends/registry.ts'
import { start } from './start.ts'

start(registered, new URL(import.meta.url))
