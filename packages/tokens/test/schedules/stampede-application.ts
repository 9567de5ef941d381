/**
 * An application process that verifies a few times a second. Started by stampede.test.ts with the store's options
 * on standard input; it prints a line when it is ready.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

const store = createRedisStore(JSON.parse(await text(process.stdin)) as RedisStoreOptions)
await store.ready({ timeoutMs: 60_000 })
const { token } = await store.issue({ subject: `application-${process.pid}` })
process.stdout.write('ready\n')
for (;;) {
  await store.verify(token)
  await sleep(200)
}
