import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { operate } from '../../src/operations/operate.ts'

it('operate returns the code and the reason of a refused operation', async () => {
  const nobodys = await mkdtemp(join(tmpdir(), 'faults-operate-'))
  try {
    expect(await operate('switchover', nobodys)).toEqual({
      status: 'refused',
      reason: expect.stringMatching(/^NOT_RUNNING: There is no data centre in /),
    })
  } finally {
    await rm(nobodys, { recursive: true })
  }
})
