import { expect, test } from 'vitest'
import { topSelfTimes } from '../src/profile.ts'

const frame = (functionName: string, url = '', lineNumber = -1) => ({
  functionName,
  scriptId: '0',
  url,
  lineNumber,
  columnNumber: 0,
})

test('topSelfTimes orders functions by their share of the busy time', () => {
  const file = 'file:///somewhere/packages/tokens/src/token/format.ts'
  const top = topSelfTimes(
    {
      nodes: [
        { id: 1, callFrame: frame('(idle)') },
        { id: 2, callFrame: frame('parse', file, 9) },
        { id: 3, callFrame: frame('hash', 'node:internal/crypto/hash', 4) },
        // The same function, called from elsewhere.
        { id: 4, callFrame: frame('parse', file, 9) },
        { id: 5, callFrame: frame('never') },
      ],
      startTime: 0,
      endTime: 1,
      samples: [1, 2, 3, 4],
      timeDeltas: [1000, 20, 60, 20],
    },
    2,
  )
  expect(top).toEqual([
    { name: 'hash', where: 'node:internal/crypto/hash:5', percent: 60 },
    { name: 'parse', where: 'tokens/src/token/format.ts:10', percent: 40 },
  ])
})
