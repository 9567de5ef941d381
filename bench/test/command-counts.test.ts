import { expect, test } from 'vitest'
import { callsIn, parseMonitorLine } from '../src/command-counts.ts'

test('callsIn adds up the calls of all commands', () => {
  const stats = `# Commandstats\r
cmdstat_get:calls=12,usec=34,usec_per_call=2.83,rejected_calls=0,failed_calls=0\r
cmdstat_client|list:calls=3,usec=9,usec_per_call=3.00,rejected_calls=7,failed_calls=0\r
`
  expect(callsIn(stats)).toBe(15)
})

test('parseMonitorLine returns the sender and the name of a command, also of a command in a script', () => {
  const line = '+1700000000.123456 [0 127.0.0.1:50123] "evalsha" "abc" "1"'
  expect(parseMonitorLine(line)).toEqual({ from: '127.0.0.1:50123', command: 'EVALSHA' })
  expect(parseMonitorLine('+1700000000.123456 [0 lua] "SET" "a" "b"')?.from).toBe('lua')
  expect(parseMonitorLine('+OK')).toBe(null)
})
