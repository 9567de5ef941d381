import type { Benchmark } from '../benchmark.ts'
import { failover } from './failover.ts'
import { flood } from './flood.ts'
import { forwardAuth } from './forward-auth.ts'
import { idle } from './idle.ts'
import { issue } from './issue.ts'
import { memory } from './memory.ts'
import { redisProxy } from './redis-proxy.ts'
import { redisProxyFaults } from './redis-proxy-faults.ts'
import { redisProxyHeartbeat } from './redis-proxy-heartbeat.ts'
import { redisProxyIncr } from './redis-proxy-incr.ts'
import { revoke } from './revoke.ts'
import { scale } from './scale.ts'
import { verifyCached } from './verify-cached.ts'
import { verifyUncached } from './verify-uncached.ts'
import { web } from './web.ts'

/** All benchmarks, in the order of runs and reports. */
export const BENCHMARKS: readonly Benchmark[] = [
  verifyCached,
  verifyUncached,
  issue,
  web,
  forwardAuth,
  revoke,
  failover,
  redisProxy,
  redisProxyFaults,
  redisProxyHeartbeat,
  redisProxyIncr,
  memory,
  scale,
  idle,
  flood,
]
