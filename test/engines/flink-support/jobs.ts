/** Means by place over short windows of event time, as the fleet's aggregates are; each result is a line of the TaskManager's log. */
export const means = (rowsPerSecond: number): string => `
CREATE TABLE readings (location STRING, degrees DOUBLE, taken AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)),
  WATERMARK FOR taken AS taken - INTERVAL '1' SECOND)
  WITH ('connector' = 'datagen', 'rows-per-second' = '${rowsPerSecond}', 'fields.location.length' = '1');
CREATE TABLE means (starts TIMESTAMP(3), location STRING, mean DOUBLE, readings BIGINT) WITH ('connector' = 'print');
INSERT INTO means SELECT window_start, location, AVG(degrees), COUNT(*)
  FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(taken), INTERVAL '2' SECOND)) GROUP BY window_start, window_end, location;
`

/** How such a line ends. */
export const meansLine = /^\+I\[.*, \d+\]$/m
