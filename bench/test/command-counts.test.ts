import { expect, test } from 'vitest'
import { callsIn, parseMonitorLine } from '../src/command-counts.ts'

test('the calls of all commands are added up', () => {
  const stats = `# Commandstats\r
cmdstat_get:calls=12,usec=34,usec_per_call=2.83,rejected_calls=0,failed_calls=0\r
cmdstat_client|list:calls=3,usec=9,usec_per_call=3.00,rejected_calls=7,failed_calls=0\r
`
  expect(callsIn(stats)).toBe(15)
})

test('of a monitored command its sender and its name are read; a script is a sender too', () => {
  const line = '+1700000000.123456 [0 127.0.0.1:50123] "evalsha" "abc" "1"'
  expect(parseMonitorLine(line)).toEqual({ from: '127.0.0.1:50123', command: 'EVALSHA' })
  expect(parseMonitorLine('+1700000000.123456 [0 lua] "SET" "a" "b"')?.from).toBe('lua')
  expect(parseMonitorLine('+OK')).toBe(null)
})
