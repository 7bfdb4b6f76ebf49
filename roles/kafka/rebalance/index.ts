export { rebalance } from './course.ts'
export { batchesOf, planRebalance, type Situation } from './plan.ts'
