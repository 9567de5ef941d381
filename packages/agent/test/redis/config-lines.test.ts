import { expect, it } from 'vitest'
import { bufferLimitOf, parseRedisConf } from '../../src/redis/config-lines.ts'

it('directives of a redis.conf are read as CONFIG GET shows them', () => {
  expect(
    parseRedisConf('# no\nmaxmemory 256mb\nmasterauth secret\nclient-output-buffer-limit replica 1kb 2 60\n'),
  ).toEqual({ maxmemory: '268435456', 'client-output-buffer-limit': 'slave 1024 2 60' })
  expect(bufferLimitOf('normal 0 0 0 slave 1024 2 60 pubsub 1 1 1', 'slave')).toBe('slave 1024 2 60')
})
