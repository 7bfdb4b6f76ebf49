import { readSensor } from '../sensor.ts'

/** `collect once`: prints the temperature in °C. @throws {SensorError} */
export function onceCommand(sensor: string, json: boolean): void {
  const value = readSensor(sensor)
  process.stdout.write(json ? `${JSON.stringify({ value, unit: '°C', sensor })}\n` : `${value.toFixed(3)} °C\n`)
}
