import type { WireSettings } from '../delay/wire.ts'
import { isShaping, type Fault } from './kinds.ts'

/** All that shapes the packets of one host, together: delays add up, what one fault lets through may be lost by the next. */
export function wireOf(faults: readonly Fault[]): WireSettings {
  const shaping = faults.filter(isShaping)
  const sum = (kind: 'delay' | 'jitter'): number =>
    shaping.reduce((total, fault) => total + (fault.kind === kind ? fault.milliseconds : 0), 0)
  const loss = 1 - shaping.reduce((kept, fault) => kept * (fault.kind === 'loss' ? 1 - fault.percent / 100 : 1), 1)
  const rates = shaping.flatMap(fault => (fault.kind === 'bandwidth' ? [fault.kilobits * 1000] : []))
  const [delay, jitter] = [sum('delay'), sum('jitter')]
  return {
    ...(delay > 0 && { delay }),
    ...(jitter > 0 && { jitter }),
    // Of binary fractions: 0.1 and no 0.09999999999999998.
    ...(loss > 0 && { loss: Number(loss.toFixed(6)) }),
    ...(rates.length > 0 && { bandwidth: Math.min(...rates) }),
  }
}
