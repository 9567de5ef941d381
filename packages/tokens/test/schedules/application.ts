/**
 * An application process that logs users in and prints each token as soon as it is acknowledged. Started by
 * application-dies.test.ts with the store's options on standard input.
 */
import { text } from 'node:stream/consumers'
import { createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

const store = createRedisStore(JSON.parse(await text(process.stdin)) as RedisStoreOptions)
await store.ready()
for (let user = 0; ; user = (user + 1) % 50) {
  const { token } = await store.issue({ subject: `user-${user}` })
  process.stdout.write(`${token}\n`)
}
