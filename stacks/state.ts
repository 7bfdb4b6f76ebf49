import * as z from 'zod'

const schema = z.object({ resources: z.array(z.object({ mode: z.string() })).default([]) })

/** Does a state file of Terraform say that anything it made is there? @throws Error where it is none */
export const stateHasObjects = (text: string): boolean => schema.parse(JSON.parse(text)).resources.some(({ mode }) => mode === 'managed')
