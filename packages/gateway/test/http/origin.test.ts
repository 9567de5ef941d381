import { expect, test } from 'vitest'
import { isFromInsecurePage } from '../../src/http/origin.ts'

const host = 'login.example.org'

test.each([
  [true, { host, origin: `http://${host}` }],
  [true, { host: 'Login.example.org:8080', origin: `http://${host}:8080` }],
  [false, { host, origin: `https://${host}` }],
  [false, { host, origin: 'http://www.example.org' }],
  [false, { host: '127.0.1.1:8080', origin: 'http://127.0.1.1:8080' }],
  [false, { host: 'localhost:8080', origin: 'http://localhost:8080' }],
  [false, { host, origin: 'null' }],
  [false, { host }],
])('it is %s that the headers %j are of a page of this host that was opened by http', (expected, headers) =>
  expect(isFromInsecurePage(headers)).toBe(expected),
)
