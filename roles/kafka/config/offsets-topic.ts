/** Where groups keep how far they have read, as Kafka itself would make it. */
export const offsetsTopic = {
  name: '__consumer_offsets',
  partitions: 8,
  configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': String(100 * 2 ** 20) },
} as const
