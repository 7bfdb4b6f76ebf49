import type { RoleAnswer } from '../../engine/status.ts'

const deploy = 'npm run stacks:deploy, then provision it again (docs/aws-iot.md); its readings wait in its queue'

/** Reads what `certificateText` prints. A certificate that is not there yet is no failure of the Pi: somebody has to deploy first. */
export function readAwsiot(output: string, maxAge: number): RoleAnswer {
  const number = (word: string) => Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(output)?.[1] ?? Number.NaN)
  const first = output.trim().split('\n')[0]
  if (first === 'none') return { warns: [`it has no certificate of AWS yet: ${deploy}`] }
  if (first === 'other') return { warns: [`its certificate is for a key it has no more: ${deploy}`] }
  const days = Math.floor((number('now') - number('since')) / 86_400)
  if (Number.isNaN(days)) return { wrong: ['it does not say how old its certificate is'] }
  const age = `its certificate is ${days} days old`
  return days > maxAge ? { warns: [`${age}: rotate it (docs/aws-iot.md)`] } : { says: [age] }
}
