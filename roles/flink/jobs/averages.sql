-- Least, mean, highest and number of readings of each location, by minute and by hour.

-- A window's row is there ten seconds after its first reading, and is written again when it changes.
SET 'table.exec.emit.early-fire.enabled' = 'true';
SET 'table.exec.emit.early-fire.delay' = '10 s';
-- A reading that comes within a day is counted. A window is forgotten a day after it ended, by the readings' time: this bounds the state.
SET 'table.exec.emit.allow-lateness' = '1 d';
SET 'table.exec.emit.late-fire.enabled' = 'true';
SET 'table.exec.emit.late-fire.delay' = '10 s';
-- How long a reading is remembered, that it is not counted twice when its producer sends it again.
SET 'table.exec.state.ttl' = '15 min';
-- The rows of one key come from one place, in order: nothing has to be remembered of them.
SET 'table.exec.sink.upsert-materialize' = 'NONE';
-- Times are written in UTC.
SET 'table.local-time-zone' = 'UTC';

CREATE TABLE readings (
  location STRING,
  `date` BIGINT,
  `value` DOUBLE,
  note STRING,
  -- Microseconds since 1970; what no store would take has no time.
  taken AS CASE WHEN `date` BETWEEN 0 AND 9007199254740991 THEN TO_TIMESTAMP_LTZ(`date` / 1000, 3) END,
  came AS PROCTIME(),
  -- A clock that is ahead moves no time but its own: else the readings of all others would be late.
  WATERMARK FOR taken AS CASE WHEN taken < CURRENT_TIMESTAMP + INTERVAL '1' MINUTE THEN taken - INTERVAL '5' SECOND END
) WITH (${readings});

CREATE TABLE by_minute (
  reading_location STRING,
  reading_from STRING,
  reading_least DOUBLE,
  reading_mean DOUBLE,
  reading_highest DOUBLE,
  reading_count BIGINT,
  PRIMARY KEY (reading_location, reading_from) NOT ENFORCED
) WITH (${table:minute});

CREATE TABLE by_hour (
  reading_location STRING,
  reading_from STRING,
  reading_least DOUBLE,
  reading_mean DOUBLE,
  reading_highest DOUBLE,
  reading_count BIGINT,
  PRIMARY KEY (reading_location, reading_from) NOT ENFORCED
) WITH (${table:hour});

-- What is no reading for the stores is none here; one that was sent again counts once.
CREATE TEMPORARY VIEW each_once AS
SELECT location, taken, `value` FROM (
  SELECT location, taken, `value`, ROW_NUMBER() OVER (PARTITION BY location, `date` ORDER BY came) AS turn
  FROM readings
  WHERE CHAR_LENGTH(location) BETWEEN 1 AND 64 AND taken IS NOT NULL AND `value` BETWEEN -273.15 AND 10000 AND CHAR_LENGTH(note) <= 255
) WHERE turn = 1;

EXECUTE STATEMENT SET
BEGIN
INSERT INTO by_minute
SELECT location, DATE_FORMAT(TUMBLE_START(taken, INTERVAL '1' MINUTE), 'yyyy-MM-dd HH:mm:ss'), MIN(`value`), AVG(`value`), MAX(`value`), COUNT(*)
FROM each_once GROUP BY location, TUMBLE(taken, INTERVAL '1' MINUTE);

INSERT INTO by_hour
SELECT location, DATE_FORMAT(TUMBLE_START(taken, INTERVAL '1' HOUR), 'yyyy-MM-dd HH:mm:ss'), MIN(`value`), AVG(`value`), MAX(`value`), COUNT(*)
FROM each_once GROUP BY location, TUMBLE(taken, INTERVAL '1' HOUR);
END;
