import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { expect, test } from 'vitest'
import { openStore, timed } from '../../support.ts'

/** `HOLDFAST_SESSIONS=60000` runs it in full; by default it is short. */
const SESSIONS = Number(process.env['HOLDFAST_SESSIONS'] ?? 2500)

const group = groupOfThisFile()

test('the sessions of one subject are ended in small units, however many, and other logins go on between them', {
  timeout: 300_000,
}, async () => {
  const units: number[] = []
  const observer = { committed: (_: string, writes: number) => void units.push(writes) }
  const store = await openStore(group(), { observer, maxQueuedWrites: 100_000 })
  for (let done = 0; done < SESSIONS; done += 2500) {
    const some = Math.min(2500, SESSIONS - done)
    await Promise.all(Array.from({ length: some }, () => store.issue({ subject: 'ada' })))
  }
  units.length = 0
  const bystanders: number[] = []
  let isEnding = true
  const loggingIn = (async () => {
    while (isEnding) bystanders.push((await timed(() => store.issue({ subject: 'bob' }))).ms)
  })()
  const { ms, value } = await timed(() => store.revokeSubject('ada'))
  isEnding = false
  await loggingIn
  expect(value.revokedIds).toHaveLength(SESSIONS)
  expect(Math.max(...units)).toBeLessThanOrEqual(100)
  const listed = await timed(() => store.list('ada'))
  expect(listed.value).toEqual([])
  expect(bystanders.length).toBeGreaterThan(1)
  console.log(
    `${SESSIONS} ended in ${Math.round(ms)} ms; slowest login ${Math.round(Math.max(...bystanders))} ms`,
  )
})
