-- Minutes in which a location was out of the band of its own day before, and producers that fell silent.

SET 'table.local-time-zone' = 'UTC';

CREATE TABLE readings (
  location STRING,
  `date` BIGINT,
  `value` DOUBLE,
  note STRING,
  taken AS CASE WHEN `date` BETWEEN 0 AND 9007199254740991 THEN TO_TIMESTAMP_LTZ(`date` / 1000, 3) END,
  WATERMARK FOR taken AS CASE WHEN taken < CURRENT_TIMESTAMP + INTERVAL '1' MINUTE THEN taken - INTERVAL '5' SECOND END
) WITH (${readings});

-- Time goes on also when nobody sends: else nobody would be seen silent.
CREATE TABLE clock (
  tick INT,
  taken AS CURRENT_TIMESTAMP,
  WATERMARK FOR taken AS taken - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '1', 'fields.tick.min' = '1', 'fields.tick.max' = '1');

CREATE TABLE anomalies (
  anomaly_location STRING,
  anomaly_kind STRING,
  anomaly_since STRING,
  anomaly_value DOUBLE,
  anomaly_low DOUBLE,
  anomaly_high DOUBLE,
  PRIMARY KEY (anomaly_location, anomaly_kind, anomaly_since) NOT ENFORCED
) WITH (${table:anomaly});

CREATE TEMPORARY VIEW timed AS
SELECT location, taken, `value` FROM (
  SELECT location, taken, `value`, 0 AS tick FROM readings
  WHERE CHAR_LENGTH(location) BETWEEN 1 AND 64 AND taken IS NOT NULL AND `value` BETWEEN -273.15 AND 10000 AND CHAR_LENGTH(note) <= 255
  UNION ALL
  SELECT CAST(NULL AS STRING), taken, CAST(NULL AS DOUBLE), tick FROM clock
) WHERE tick = 0;

CREATE TEMPORARY VIEW minutes AS
SELECT location, window_start AS starts, window_time AS ended, AVG(`value`) AS mean
FROM TABLE(TUMBLE(TABLE timed, DESCRIPTOR(taken), INTERVAL '1' MINUTE))
GROUP BY location, window_start, window_end, window_time;

-- With the day before, and this minute itself, which is taken out again below.
CREATE TEMPORARY VIEW with_day AS
SELECT location, starts, mean, COUNT(*) OVER before AS minutes, SUM(mean) OVER before AS total, SUM(mean * mean) OVER before AS squares
FROM minutes
WINDOW before AS (PARTITION BY location ORDER BY ended RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW);

CREATE TEMPORARY VIEW with_middle AS
SELECT location, starts, mean, (total - mean) / (minutes - 1) AS middle, (squares - mean * mean) / (minutes - 1) AS square
FROM with_day
WHERE minutes > 60;

-- An hour must be known. Three standard deviations, and a kelvin at least: a room that is even has next to none.
CREATE TEMPORARY VIEW with_band AS
SELECT location, starts, mean, middle, GREATEST(3 * SQRT(GREATEST(square - middle * middle, CAST(0 AS DOUBLE))), CAST(1 AS DOUBLE)) AS width
FROM with_middle;

EXECUTE STATEMENT SET
BEGIN
INSERT INTO anomalies
SELECT location, 'band', DATE_FORMAT(starts, 'yyyy-MM-dd HH:mm:ss'), mean, middle - width, middle + width
FROM with_band WHERE ABS(mean - middle) > width;

-- One row for each silence, when it has lasted: since the last reading before it.
INSERT INTO anomalies
SELECT location, 'silent', DATE_FORMAT(MAX(CAST(taken AS TIMESTAMP(3))), 'yyyy-MM-dd HH:mm:ss'), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE)
FROM timed GROUP BY location, SESSION(taken, INTERVAL '${silence}' SECOND(6));
END;
