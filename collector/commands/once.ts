import { sensorReader } from '../sensor.ts'

/** `collect once`: prints the temperature in °C. @throws {SensorError} */
export async function onceCommand(sensor: string, json: boolean): Promise<void> {
  const value = await sensorReader(sensor)()
  process.stdout.write(json ? `${JSON.stringify({ value, unit: '°C', sensor })}\n` : `${value.toFixed(3)} °C\n`)
}
