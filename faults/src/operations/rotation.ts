import { Connection, formatAddress } from '@holdfast/tokens/redis'
import { APPLICATION, type ApplicationLogin, applicationLogin } from '../data-centre/names.ts'
import { addressOf, DATA_HOSTS, REDIS_PORT, SENTINEL_PORT, sentinelOf } from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { OperationName } from './messages.ts'
import { operate } from './operate.ts'

const RETRY_MS = 500
/** If a rotation meets faults, it is repeated for at most this time (in milliseconds). */
const ROTATION_DEADLINE_MS = 60_000

/**
 * Rotates the passwords of every user of the product. It does this as an operator whose applications open the store
 * themselves: it begins the rotation, the running applications take the new passwords, and it finishes the rotation.
 * If a fault stops or kills the rotation, it runs the rotation again. Returns the result. Throws when the rotation
 * does not finish, or when an old password still works.
 */
export async function rotateUntilDone(testbed: Testbed, killStep: string | null): Promise<string> {
  const { dataCentre, fleet } = testbed
  const old = applicationLogin(await dataCentre.state.secrets())
  const deadline = performance.now() + ROTATION_DEADLINE_MS
  const story: string[] = []
  let pendingKillStep = killStep
  const finish = async (operation: OperationName) => {
    for (;;) {
      const outcome = await operate(operation, dataCentre.state.path, pendingKillStep)
      if (outcome.status === 'done') return story.push(`${operation}: ${outcome.summary}`)
      const what = outcome.status === 'killed' ? `killed in step ${outcome.step}` : outcome.reason
      if (outcome.status === 'killed') pendingKillStep = null
      story.push(`${operation}: ${what}`)
      testbed.timeline.note(`${operation}: ${what}`)
      if (performance.now() > deadline)
        throw new Error(`The rotation did not finish in time. ${story.join('; ')}`)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
  await finish('begin-rotation')
  await fleet.renew(applicationLogin(await dataCentre.state.secrets()))
  await finish('finish-rotation')
  if (pendingKillStep !== null) throw new Error(`The rotation finished without the step ${pendingKillStep}.`)
  await assertOldPasswordsRejected(old)
  return story.join('; ')
}

/** Throws when any Redis or Sentinel still accepts the old passwords of an application. */
async function assertOldPasswordsRejected({ password, sentinelPassword }: ApplicationLogin): Promise<void> {
  const logins = DATA_HOSTS.flatMap((host) => [
    { address: { host: addressOf(host), port: REDIS_PORT }, password },
    { address: { host: addressOf(sentinelOf(host)), port: SENTINEL_PORT }, password: sentinelPassword },
  ])
  for (const login of logins) {
    const opened = await Connection.open({ ...login, username: APPLICATION }).then(
      (connection) => {
        connection.close()
        return true
      },
      () => false,
    )
    if (opened) throw new Error(`${formatAddress(login.address)} still accepts the old password.`)
  }
}
