import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockWithin } from '../../src/file-lock.ts'
import { isAlive, ownIdentity } from '../../src/process-identity.ts'

// Run as a separate process, until it is killed: it takes the lock again and again, and prints a line for each time. While it
// has the lock, it looks for another living process that has it, too.
const [folder = ''] = process.argv.slice(2)
const inside = join(folder, `inside.${encodeURIComponent(JSON.stringify(ownIdentity()))}`)
for (;;) {
  const { lock, holder } = await lockWithin(join(folder, 'lock'), 20_000, {
    purpose: 'counting',
    foreignLockMs: 60_000,
  })
  if (lock === null) throw new Error(`The lock stayed with process ${holder.pid}.`)
  writeFileSync(inside, '')
  const others = readdirSync(folder)
    .filter((name) => name.startsWith('inside.'))
    .map((name) => JSON.parse(decodeURIComponent(name.slice('inside.'.length))))
    .filter((each) => each.pid !== process.pid && isAlive(each))
  console.log(others.length === 0 ? 'alone' : 'not alone')
  rmSync(inside)
  lock.release()
  await sleep(Math.random() * 3)
}
