export { buildProgram, type Program, type ProgramOptions } from './build.ts'
