import { describe, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import type { StoreEvent } from '../../src/store/api/observer.ts'
import type { TokenStore } from '../../src/store/session/token-store.ts'
import { Lab, pause, until } from './lab.ts'

/**
 * A replica is cut off from the primary for longer than any time limit, and then promoted: its link is up by its
 * own reckoning, because only the bytes do not arrive. With these timings Sentinel itself would refuse a replica whose link
 * has been down for 16 s, and what every node has is kept for 15 s (store/journal/recent-remote-writes.ts).
 */
const TIMINGS = { downAfterMs: 1500, failoverTimeoutMs: 1000 }
const AWAY_MS = 17_500
const LOGINS = 20

async function withLab<T>(run: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await Lab.start(TIMINGS)
  try {
    return await run(lab)
  } finally {
    await lab.stop()
  }
}

/** The primary dies, and c is promoted. */
async function promoteC(lab: Lab): Promise<void> {
  await lab.redis('a').kill()
  lab.redis('b').pause()
  await until('c is primary', () => lab.isPrimary('c'))
  lab.redis('b').resume()
}

async function healAll(lab: Lab): Promise<void> {
  await lab.redis('a').start()
  lab.network.heal()
  await lab.group.untilHealthy()
  await pause(1000)
}

async function logIn(store: TokenStore, count = LOGINS): Promise<string[]> {
  const issued = await Promise.all(
    Array.from({ length: count }, (_, user) => store.issue({ subject: `user-${user}` })),
  )
  return issued.map(({ token }) => token)
}

interface Losses {
  lost: number
  undone: number
}

/** What is lost of logins, and undone of logouts, that c lacked for long, of each writer. Some readers hear them. */
function lossesOf({ writers, readers = [] }: { writers: SafetyRule[][]; readers?: SafetyRule[][] }) {
  return withLab(async (lab): Promise<Losses[]> => {
    const stores = await Promise.all(writers.map((rulesOff) => lab.openStore({ rulesOff })))
    await Promise.all(readers.map((rulesOff) => lab.openStore({ rulesOff })))
    await lab.prefer('c')
    const ended = await Promise.all(stores.map((store) => logIn(store)))
    lab.network.cut(['a'], ['c'])
    const active = await Promise.all(stores.map((store) => logIn(store)))
    await Promise.all(
      stores.map((store, index) => Promise.all(ended[index]?.map((token) => store.revoke(token)) ?? [])),
    )
    for (const endMs = performance.now() + AWAY_MS; performance.now() < endMs; await pause(500)) {
      const more = await Promise.all(stores.map((store) => logIn(store, 1)))
      for (const [index, tokens] of more.entries()) active[index]?.push(...tokens)
    }
    await promoteC(lab)
    await healAll(lab)
    return Promise.all(
      active.map(async (tokens, index) => ({
        lost: tokens.length - (await lab.countLive(tokens)),
        undone: await lab.countLive(ended[index] ?? []),
      })),
    )
  })
}

/** A process that writes nothing again, as if it had died with the primary. */
const DEAD: SafetyRule[] = ['journal', 'heard-writes']

describe.concurrent('a replica that was cut off for longer than any limit is promoted', {
  timeout: 120_000,
}, () => {
  it('loses nothing that the process which wrote it remembers, and would if entries were forgotten by age', async () => {
    const [kept, without] = await lossesOf({ writers: [['heard-writes'], ['heard-writes', 'retention']] })
    expect(kept).toEqual({ lost: 0, undone: 0 })
    expect(without?.lost).toBeGreaterThanOrEqual(LOGINS)
    expect(without?.undone).toBe(LOGINS)
  })

  it('loses nothing that another process heard, and would if that was forgotten by age', async () => {
    const [[kept], [without]] = await Promise.all([
      lossesOf({ writers: [DEAD], readers: [[]] }),
      lossesOf({ writers: [DEAD], readers: [['retention']] }),
    ])
    expect(kept).toEqual({ lost: 0, undone: 0 })
    expect(without?.lost).toBeGreaterThanOrEqual(LOGINS)
    expect(without?.undone).toBe(LOGINS)
  })
})

/** The only process that knows of some logins is closed while c is away; then c is promoted. */
function closeWhileAway({ returns }: { returns: boolean }) {
  return withLab(async (lab) => {
    const events: StoreEvent[] = []
    const observer = { event: (event: StoreEvent) => events.push(event) }
    const store = await lab.openStore({ observer, rulesOff: ['heard-writes'] })
    await lab.prefer('c')
    lab.network.cut(['a'], ['c'])
    const tokens = await logIn(store)
    const startedMs = performance.now()
    const timer = returns ? setTimeout(() => lab.network.heal(), 1000) : undefined
    await store.close()
    clearTimeout(timer)
    const tookMs = performance.now() - startedMs
    await promoteC(lab)
    await healAll(lab)
    const reported = events.filter(({ type }) => type === 'closed-unconfirmed')
    return { tookMs, reported, lost: tokens.length - (await lab.countLive(tokens)) }
  })
}

describe.concurrent('`close` while a replica is away', { timeout: 90_000 }, () => {
  // INV-TOKENS-23.
  it('waits until the replica has what only this process remembers', async () => {
    expect(await closeWhileAway({ returns: true })).toMatchObject({ reported: [], lost: 0 })
  })

  it('ends after two seconds when the replica stays away, and reports what can be lost by then', async () => {
    const { tookMs, reported, lost } = await closeWhileAway({ returns: false })
    expect(tookMs).toBeLessThan(3000)
    expect(reported).toEqual([{ type: 'closed-unconfirmed', own: LOGINS, heard: LOGINS }])
    expect(lost).toBe(LOGINS)
  })
})

describe.concurrent('updates that the promoted replica lacks', { timeout: 60_000 }, () => {
  // INV-TOKENS-22.
  it('are written again, and an update that follows builds on them', async () => {
    await withLab(async (lab) => {
      lab.addApplicationHost('writer')
      const writer = await lab.openStore({ host: 'writer', rulesOff: ['heard-writes'] })
      const other = await lab.openStore({ rulesOff: ['heard-writes'] })
      await lab.prefer('c')
      const { token } = await writer.issue({ subject: 'ada', claims: { count: 0 } })
      const increment = (store: TokenStore) =>
        store.update(token, ({ count }) => ({ count: Number(count) + 1 }))
      lab.network.cut(['a'], ['c'])
      await increment(writer)
      await increment(writer)
      lab.network.delay('writer', 'c', 150)
      await promoteC(lab)
      await increment(other)
      await healAll(lab)
      expect(await other.verify(token)).toMatchObject({ status: 'active', claims: { count: 3 } })
    })
  })
})
