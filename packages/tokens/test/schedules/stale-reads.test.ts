import { afterEach, describe, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Asker } from './asker.ts'
import { Lab, LEASE_MS, pause } from './lab.ts'

let lab: Lab
afterEach(async () => {
  await lab.stop()
})

describe('an application that is cut off together with the old primary', () => {
  /** How often it still says *active* later than L after the log-out was acknowledged on the other side. */
  async function staleAnswers(rulesOff: SafetyRule[]): Promise<number> {
    lab = await Lab.start()
    lab.addApplicationHost('cut-off')
    const cutOff = await lab.openStore({ host: 'cut-off', rulesOff })
    const other = await lab.openStore()
    const { token } = await other.issue({ subject: 'ann' })
    const asker = new Asker(cutOff, token)
    await pause(LEASE_MS)
    expect(asker.answers.at(-1)?.answer.status).toBe('active')
    lab.network.cut(['cut-off', 'a', 'sa'], ['outside', 'b', 'c', 'sb', 'sc'])
    await other.revoke(token, { timeoutMs: 30_000 })
    const loggedOutAtMs = performance.now()
    await pause(3 * LEASE_MS)
    await asker.stop()
    expect((await other.verify(token)).status).toBe('inactive')
    return asker.staleSince(loggedOutAtMs).length
  }

  // INV-TOKENS-41.
  it('stops answering active within the lease after a logout on the other side', {
    timeout: 60_000,
  }, async () => {
    expect(await staleAnswers([])).toBe(0)
  })

  it('keeps answering active without the lease', { timeout: 60_000 }, async () => {
    expect(await staleAnswers(['lease'])).toBeGreaterThan(0)
  })
})

describe('while the primary hangs', () => {
  it.each([500, 1400, 1600, 4000, 15_000])(
    'for %i ms, no verification fails, is stale by more than L, or is slow',
    { timeout: 60_000 },
    async (hangMs) => {
      lab = await Lab.start()
      const store = await lab.openStore()
      const other = await lab.openStore()
      const { token } = await store.issue({ subject: 'ann' })
      const { token: ended } = await store.issue({ subject: 'ann' })
      const staying = new Asker(store, token)
      const ending = new Asker(store, ended)
      await pause(LEASE_MS)
      lab.redis('a').pause()
      const revoked = other.revoke(ended, { timeoutMs: 30_000 }).then(() => performance.now())
      await pause(hangMs)
      lab.redis('a').resume()
      const revokedAtMs = await revoked
      await pause(2 * LEASE_MS)
      await staying.stop()
      await ending.stop()
      expect(staying.answers.length).toBeGreaterThan(100)
      expect(staying.answers.filter(({ answer }) => answer.status !== 'active')).toEqual([])
      // While its log-out waits for a new primary, nobody can say whether a failover will undo it.
      expect(
        ending.answers.filter(
          ({ askedAtMs, answer }) => answer.status === 'unavailable' && askedAtMs > revokedAtMs,
        ),
      ).toEqual([])
      expect(ending.staleSince(revokedAtMs)).toEqual([])
      expect(ending.answers.at(-1)?.answer).toMatchObject({ status: 'inactive', reason: 'revoked' })
      expect(Math.max(...staying.answers.map(({ tookMs }) => tookMs))).toBeLessThan(250)
    },
  )
})

describe('with two of three nodes gone', () => {
  it('answers unavailable in time, never active past the lease, and recovers with nothing lost', {
    timeout: 60_000,
  }, async () => {
    lab = await Lab.start()
    const store = await lab.openStore()
    const { token } = await store.issue({ subject: 'ann' })
    const { token: ended } = await store.issue({ subject: 'ann' })
    await store.revoke(ended)
    const asker = new Asker(store, token, 20)
    await pause(LEASE_MS)
    lab.network.cut(['outside', 'b', 'sb', 'c', 'sc'], ['a', 'sa'])
    lab.network.cut(['outside', 'a', 'sa', 'c', 'sc'], ['b', 'sb'])
    const goneAtMs = performance.now()
    await pause(4 * LEASE_MS)
    // What was once seen ended stays ended, whoever can be asked.
    expect(await store.verify(ended)).toMatchObject({ status: 'inactive', reason: 'revoked' })
    lab.network.heal()
    const healedAtMs = performance.now()
    await pause(3000)
    const backAt = asker.answers.length
    await pause(500)
    await asker.stop()
    const during = asker.answers.filter(
      ({ askedAtMs }) => askedAtMs > goneAtMs + LEASE_MS && askedAtMs < healedAtMs - 1100,
    )
    expect(during.length).toBeGreaterThan(0)
    expect(during.filter(({ answer }) => answer.status !== 'unavailable')).toEqual([])
    expect(Math.max(...during.map(({ tookMs }) => tookMs))).toBeLessThan(1250)
    expect(asker.answers.filter(({ answer }) => answer.status === 'inactive')).toEqual([])
    const after = asker.answers.slice(backAt)
    expect(after.length).toBeGreaterThan(0)
    expect(after.filter(({ answer }) => answer.status !== 'active')).toEqual([])
  })
})
