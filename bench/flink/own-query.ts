const spans = { minute: '%Y-%m-%d %H:%i:00', hour: '%Y-%m-%d %H:00:00' } as const
export type Span = keyof typeof spans

/**
 * The aggregates of a job as MariaDB makes them itself, of the readings of each place from a date on (microseconds since 1970): by its key,
 * so that it looks at no other.
 */
export const ownQuery = (span: Span, places: readonly string[], since: number): string => `INSERT INTO temperature.reading_${span}
  SELECT reading_location, DATE_FORMAT(reading_date, '${spans[span]}') AS begins,
    MIN(reading_value), AVG(reading_value), MAX(reading_value), COUNT(*)
  FROM temperature.reading WHERE reading_location IN (${places.map(place => `'${place.replaceAll("'", "''")}'`).join(', ')})
  AND reading_date >= FROM_UNIXTIME(0) + INTERVAL ${since} MICROSECOND GROUP BY reading_location, begins
  ON DUPLICATE KEY UPDATE reading_least = VALUES(reading_least), reading_mean = VALUES(reading_mean),
    reading_highest = VALUES(reading_highest), reading_count = VALUES(reading_count)`
