import { switchoverLocked } from '@holdfast/operations/switchover/switchover'
import { ROTATION_LIMITS } from '@holdfast/site/secrets/limits'
import { generateSecrets } from '@holdfast/site/secrets/secrets'
import { QUORUM, TIMINGS } from '@holdfast/site/topology/topology'
import { PRIMARY_NAME, type RedisGroup, TEST_MARK, TEST_USERS } from '@holdfast/testing'

/** The planned switchover of the product (`holdfast switchover`). */
export async function switchover(group: RedisGroup): Promise<void> {
  const { password } = TEST_USERS.admin
  await switchoverLocked(
    {
      topology: {
        name: 'bench',
        primaryName: PRIMARY_NAME,
        timings: TIMINGS.fast,
        dataHosts: group.redis.map(({ address }, index) => ({
          host: address.host,
          redisPort: address.port,
          sentinelPort: group.sentinels[index]?.port ?? 0,
        })),
        rotation: ROTATION_LIMITS,
        quorum: QUORUM,
      },
      secrets: { ...generateSecrets('bench'), admin: password, sentinelAdmin: password, mark: TEST_MARK },
      tls: null,
    },
    {},
  )
}

/** The failover by hand, for which Sentinel needs no agreement. Resolves when another Redis is the primary. */
export async function failoverByHand(group: RedisGroup): Promise<void> {
  const old = await group.primary()
  const [sentinel] = group.sentinels
  if (sentinel === undefined) throw new Error('There is no Sentinel.')
  await group.run(sentinel, 'SENTINEL', 'FAILOVER', PRIMARY_NAME)
  while ((await group.primary().catch(() => old)) === old) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
