import { start } from '../../../../collector/start.ts'
import { paper } from './index.ts'

start([paper], new URL(import.meta.url))
