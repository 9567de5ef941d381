import type { Rotation, TokenStore } from '@holdfast/tokens'
import { expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Lab, pause, until } from './lab.ts'

/** One way to the primary, for an application whose rotations take their time. */
const SLOW_MS = 100
const ROUNDS = 20

/** Someone rotates a session at a slow application while someone else ends it at another. */
async function rotateWhileEnded(
  slow: TokenStore,
  fast: TokenStore,
  end: (store: TokenStore, session: { subject: string; token: string }) => Promise<unknown>,
  afterMs: (round: number) => number,
) {
  const rounds = Array.from({ length: ROUNDS }, async (_, round) => {
    const subject = `user-${round}-${Math.random()}`
    const { token } = await fast.issue({ subject })
    const rotating: Promise<Rotation | null> = slow.rotate(token).catch(() => null)
    await pause(afterMs(round))
    await end(fast, { subject, token })
    return { old: token, rotated: await rotating }
  })
  const tokens = (await Promise.all(rounds)).flatMap(({ old, rotated }) =>
    rotated !== null && 'token' in rotated ? [old, rotated.token] : [old],
  )
  // Longer than any lease.
  await pause(1500)
  const answers = await Promise.all(tokens.map((token) => fast.verify(token)))
  return answers.filter(({ status }) => status === 'active').length
}

async function openSlowAndFast(lab: Lab, rulesOff: SafetyRule[]) {
  lab.addApplicationHost('slow')
  const [slow, fast] = [await lab.openStore({ rulesOff, host: 'slow' }), await lab.openStore({ rulesOff })]
  lab.network.delay('slow', 'a', SLOW_MS)
  lab.network.delay('a', 'slow', SLOW_MS)
  return { slow, fast }
}

const endAll = (store: TokenStore, { subject }: { subject: string }) => store.revokeSubject(subject)
const endOne = async (store: TokenStore, session: { subject: string; token: string }) => {
  const { revoked } = await store.revoke(session.token)
  // The rotation came first, so it is another session by now.
  if (!revoked) await endAll(store, session)
}

/** From before the first step of a rotation until after its last. */
const atEachStep = (round: number) => (round * 5 * SLOW_MS) / ROUNDS

async function run(rulesOff: SafetyRule[]) {
  const lab = await Lab.start()
  try {
    const { slow, fast } = await openSlowAndFast(lab, rulesOff)
    const afterRevokeSubject = await rotateWhileEnded(slow, fast, endAll, atEachStep)
    const afterRevoke = await rotateWhileEnded(slow, fast, endOne, atEachStep)
    return { afterRevokeSubject, afterRevoke }
  } finally {
    await lab.stop()
  }
}

// INV-TOKENS-48.
it('a rotation never outlives the end of its session, at whatever step it is; without the rule it does', {
  timeout: 60_000,
}, async () => {
  const [kept, without] = await Promise.all([run([]), run(['rotate'])])
  expect(kept).toEqual({ afterRevokeSubject: 0, afterRevoke: 0 })
  expect(without.afterRevokeSubject).toBeGreaterThan(0)
  expect(without.afterRevoke).toBeGreaterThan(0)
})

it('a rotation never outlives the end of its session through a wrong election', {
  timeout: 120_000,
}, async () => {
  const lab = await Lab.start()
  try {
    const { slow, fast } = await openSlowAndFast(lab, [])
    await lab.prefer('c')
    await lab.stockSentinels()
    // c lacks what a and b acknowledge.
    lab.network.delay('a', 'c', 800)
    await pause(7000)
    const ended = rotateWhileEnded(slow, fast, endAll, (round) => 300 + atEachStep(round))
    await pause(300 + atEachStep(ROUNDS) / 2)
    await lab.redis('a').kill()
    lab.redis('b').pause()
    await until('c is primary', () => lab.isPrimary('c'))
    lab.redis('b').resume()
    await lab.redis('a').start()
    expect(await ended).toBe(0)
  } finally {
    await lab.stop()
  }
})

it('a rotation that is not acknowledged leaves no session whose token no client was given', {
  timeout: 60_000,
}, async () => {
  const lab = await Lab.start()
  try {
    const { slow, fast } = await openSlowAndFast(lab, [])
    const { token } = await fast.issue({ subject: 'ada' })
    await slow.verify(token)
    // The answers of the primary are lost, and what it is asked is not.
    lab.network.cut(['a'], ['slow'], { oneWay: true })
    await expect(slow.rotate(token, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    lab.network.heal()
    const live = async () => (await fast.list('ada')).length
    await until('what is live has a token that is known', async () => {
      const isOld = (await fast.verify(token)).status === 'active'
      return (await live()) === (isOld ? 1 : 0)
    })
    await pause(1000)
    const isOld = (await fast.verify(token)).status === 'active'
    expect(await live()).toBe(isOld ? 1 : 0)
  } finally {
    await lab.stop()
  }
})
