import { AuthFailedError, ConnectionFailedError, type HoldfastError, TlsFailedError } from '@holdfast/tokens'
import { describe, expect, test } from 'vitest'
import { Deadline } from '../../src/deadline.ts'
import { proveLogin } from '../../src/redis/prove-login.ts'
import { errorOf } from '../support.ts'

/** One that answers a login so: by acceptance, or by this error. */
const peer = (answer: HoldfastError | null, isUp = answer === null) => ({
  isUp,
  tryLogin: () => (answer === null ? Promise.resolve() : Promise.reject(answer)),
})
const YES = peer(null)
const AWAY = new ConnectionFailedError('It is away.')
const WRONG = new AuthFailedError('A refused the password.')
const EXPIRED = new TlsFailedError('The certificate of A has expired.', 'expired')

const prove = (nodes: ReturnType<typeof peer>[], sentinels: ReturnType<typeof peer>[]) =>
  proveLogin({ nodes, sentinels, leastSentinels: 2 }, { password: 'new' }, new Deadline(50))

describe('a login is good', () => {
  test.each([
    ['when everybody accepts it', [YES, YES, YES], [YES, YES, YES]],
    ['when a node and a Sentinel are away', [YES, YES, peer(AWAY)], [YES, YES, peer(AWAY)]],
    ['when one Sentinel refuses it', [YES, YES, YES], [YES, YES, peer(WRONG)]],
    ['when a node that is down has an expired certificate', [YES, YES, peer(EXPIRED)], [YES, YES, YES]],
    ['when no node is known yet', [], [YES, YES, YES]],
    ['when there are no Sentinels', [YES], []],
  ])('%s', async (_, nodes, sentinels) => {
    await expect(prove(nodes, sentinels)).resolves.toBeUndefined()
  })
})

describe('it is not', () => {
  test.each([
    ['when a node refuses it', [YES, YES, peer(WRONG, true)], [YES, YES, YES], 'AUTH_FAILED'],
    ['when a node refuses it that was down', [YES, YES, peer(WRONG)], [YES, YES, YES], 'AUTH_FAILED'],
    [
      'when a node in use cannot be reached by it',
      [YES, YES, peer(AWAY, true)],
      [YES, YES, YES],
      'STORE_UNAVAILABLE',
    ],
    ['when TLS fails with a node in use', [YES, YES, peer(EXPIRED, true)], [YES, YES, YES], 'TLS_FAILED'],
    [
      'when every node is away: nobody has accepted it',
      Array(3).fill(peer(AWAY)),
      [YES, YES, YES],
      'STORE_UNAVAILABLE',
    ],
    ['when two Sentinels are away', [YES, YES, YES], [YES, peer(AWAY), peer(AWAY)], 'STORE_UNAVAILABLE'],
    [
      'when a Sentinel is away and one refuses it',
      [YES, YES, YES],
      [YES, peer(AWAY), peer(WRONG)],
      'AUTH_FAILED',
    ],
  ])('%s', async (_, nodes, sentinels, code) => {
    expect(await errorOf(prove(nodes, sentinels))).toMatchObject({
      code,
      message: expect.stringMatching(/The secrets that were in use before stay in use\.$/),
    })
  })
})
