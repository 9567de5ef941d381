/**
 * A process with some applications' stores, each of which verifies a few times a second. Started by stampede.test.ts with
 * their number and the options of one on standard input; it prints a line when all are ready.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

const { stores, options }: { stores: number; options: RedisStoreOptions } = JSON.parse(
  await text(process.stdin),
)

async function start(index: number): Promise<void> {
  const store = createRedisStore(options)
  await store.ready({ timeoutMs: 60_000 })
  const { token } = await store.issue({ subject: `application-${process.pid}-${index}` })
  void keepVerifying(() => store.verify(token))
}

async function keepVerifying(verify: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await verify()
    await sleep(200)
  }
}

await Promise.all(Array.from({ length: stores }, (_, index) => start(index)))
process.stdout.write('ready\n')
