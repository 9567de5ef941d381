import { afterAll, beforeAll } from 'vitest'
import { RedisGroup, type RedisGroupOptions } from './redis-group.ts'

/** Starts one group of real Redis and Sentinels for all tests of a file. The group ends with the file. */
export function groupOfThisFile(
  options?: RedisGroupOptions | (() => Promise<RedisGroupOptions>),
): () => RedisGroup {
  let group: RedisGroup | null = null
  beforeAll(async () => {
    group = await RedisGroup.start(typeof options === 'function' ? await options() : options)
  })
  afterAll(() => group?.stop())
  return () => {
    if (group === null) throw new Error('The group has not started.')
    return group
  }
}
