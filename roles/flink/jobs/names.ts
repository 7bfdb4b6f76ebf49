/** The jobs of the repository. */
export const jobNames = ['averages', 'anomalies'] as const
export type JobName = (typeof jobNames)[number]
