import { expect, test } from 'vitest'
import { readGrafana } from '../../../../roles/grafana/status.ts'

const answer = (status: string, body: object) => `HTTP/1.0 ${status}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}`
const well = answer('200 OK', { database: 'ok', version: '12.4.3', commit: 'x' })
const source = (uid: string, text: string) => `\u001d${uid}\n${text}`

test('it is well when each data source was logged in to', () => {
  expect(readGrafana(well + source('prometheus-watch', answer('200 OK', { status: 'OK', message: 'Successfully queried' })))).toEqual({
    wrong: [],
    says: ['Grafana 12.4.3', '1 of 1 data sources answer it'],
  })
})

test.for([
  ['silence', '', 'it runs and does not answer'],
  ['another server', 'HTTP/1.0 200 OK\r\n\r\n<html>', 'it runs and does not answer'],
  ['its database', answer('503 Service Unavailable', { database: 'failing' }), 'its database is not well: failing'],
  [
    'a wrong password',
    well + source('p', answer('401 Unauthorized', { message: 'Invalid username or password' })),
    'it cannot read p: Invalid username or password',
  ],
  [
    'a source that is away',
    well + source('p', answer('200 OK', { status: 'ERROR', message: 'connection refused' })),
    'it cannot read p: connection refused',
  ],
  ['a source it does not know', well + source('p', answer('404 Not Found', { status: 'OK' })), 'it cannot read p: no answer'],
  ['half an answer', well + source('p', ''), 'it cannot read p: no answer'],
] as const)('it is ill: %s', ([, output, wrong]) => {
  expect(readGrafana(output).wrong).toEqual([wrong])
})
