import { expect, it } from 'vitest'
import { unavailable, uncertain } from '../../src/streams/call.ts'

// INV-PROXY-3.
it('says whether a call can be repeated', () => {
  expect(String(unavailable('No primary.'))).toBe(
    '-UNAVAILABLE Nothing was done. No primary. It is safe to try again.\r\n',
  )
  expect(String(uncertain({ names: ['incr'] }, 'Cut off.'))).toBe(
    '-UNCERTAIN It is not known whether INCR was done. Cut off.\r\n',
  )
})

it.each([
  'lpop',
  'rpop',
  'spop',
  'zpopmin',
  'zmpop',
  'lmpop',
  'blpop',
  'brpop',
  'bzpopmax',
  'getdel',
  'lmove',
  'rpoplpush',
])('says of %s that an element may be lost', (name) => {
  expect(String(uncertain({ names: [name] }, 'Cut off.'))).toContain('An element that it took may be lost.')
})
