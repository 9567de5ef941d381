import { STARTED_WITH } from '@holdfast/site/render/host-paths'
import { describe, expect, it } from 'vitest'
import { originOf } from '../../src/doctor/origin.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

describe('the file with which each process was started shows who set up a group', () => {
  function startedWith(change: (snapshot: Snapshot) => void = () => {}): Snapshot {
    const snapshot = { ...healthySnapshot(), supervisor: 'none' as const, unitFiles: STARTED_WITH }
    for (const index of [0, 1, 2]) {
      redis(snapshot, index).info['config_file'] = STARTED_WITH.redis
      sentinel(snapshot, index).configFile = STARTED_WITH.sentinel
    }
    change(snapshot)
    return snapshot
  }

  it.each<[string, Snapshot, boolean, RegExp]>([
    ['Holdfast, by `holdfast up`', healthySnapshot(), true, /`holdfast up` created it/],
    [
      'Holdfast, by the files of its units',
      startedWith(),
      true,
      /such as \/var\/lib\/holdfast\/redis\/redis\.conf\.$/,
    ],
    [
      'a distribution, although a person has added the group id and the users',
      startedWith((snapshot) => {
        redis(snapshot, 1).info['config_file'] = '/etc/redis/redis.conf'
      }),
      false,
      /^redis-2 was started with \/etc\/redis\/redis\.conf, but/,
    ],
    [
      'a container that has no files',
      startedWith((snapshot) => {
        sentinel(snapshot, 2).configFile = ''
      }),
      false,
      /^sentinel-3 was started with no file/,
    ],
    [
      'unknown, because no process could be asked',
      startedWith((snapshot) => {
        for (const one of [...snapshot.redis, ...snapshot.sentinels]) one.facts = null
      }),
      false,
      /^No process could be asked\.$/,
    ],
  ])('%s', (_, snapshot, byHoldfast, because) => {
    expect(originOf(snapshot)).toEqual({ byHoldfast, because: expect.stringMatching(because) })
  })
})
