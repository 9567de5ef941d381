import { describe, expect, it } from 'vitest'
import type { StoreEvent } from '../../src/store/observer.ts'
import type { SafetyRule } from '../../src/store/rules.ts'
import type { TokenStore } from '../../src/store/store.ts'
import { Lab, pause, until } from './lab.ts'

/**
 * A replica is cut off from the primary for longer than any time limit, and then promoted: its link is up by its
 * own reckoning, because only the bytes do not arrive. With these timings Sentinel itself would refuse a replica whose link
 * has been down for 16 s, and what every node has is kept for 15 s (store/heard-writes.ts).
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
  await lab.group.waitUntilWhole()
  await pause(1000)
}

async function logIn(store: TokenStore, count = LOGINS): Promise<string[]> {
  const issued = await Promise.all(
    Array.from({ length: count }, (_, user) => store.issue({ subject: `user-${user}` })),
  )
  return issued.map(({ token }) => token)
}

/** What is lost of logins, and undone of logouts, that c lacked for so long. */
async function lossesAfter(
  ms: number,
  { writer, reader }: { writer: SafetyRule[]; reader?: SafetyRule[] },
): Promise<{ lost: number; undone: number }> {
  return withLab(async (lab) => {
    const store = await lab.openStore({ rulesOff: writer })
    if (reader !== undefined) await lab.openStore({ rulesOff: reader })
    await lab.prefer('c')
    const ended = await logIn(store)
    lab.network.cut(['a'], ['c'])
    const tokens = await logIn(store)
    await Promise.all(ended.map((token) => store.revoke(token)))
    for (const endMs = performance.now() + ms; performance.now() < endMs; await pause(500)) {
      tokens.push(...(await logIn(store, 1)))
    }
    await promoteC(lab)
    await healAll(lab)
    return { lost: tokens.length - (await lab.countLive(tokens)), undone: await lab.countLive(ended) }
  })
}

/** How many logins are lost when the writer is closed while c is away for a second more, and c is promoted then. */
function lostByClosing(rulesOff: SafetyRule[]): Promise<number> {
  return withLab(async (lab) => {
    const store = await lab.openStore({ rulesOff: ['heard-writes', ...rulesOff] })
    await lab.prefer('c')
    lab.network.cut(['a'], ['c'])
    const tokens = await logIn(store)
    const timer = setTimeout(() => lab.network.heal(), 1000)
    await store.close()
    clearTimeout(timer)
    await promoteC(lab)
    await healAll(lab)
    return tokens.length - (await lab.countLive(tokens))
  })
}

describe.concurrent('a replica that was cut off for longer than any limit is promoted', {
  timeout: 90_000,
}, () => {
  it('loses nothing that the process which wrote it remembers, and would if entries were forgotten by age', async () => {
    const [kept, without] = await Promise.all([
      lossesAfter(AWAY_MS, { writer: ['heard-writes'] }),
      lossesAfter(AWAY_MS, { writer: ['heard-writes', 'retention'] }),
    ])
    expect(kept).toEqual({ lost: 0, undone: 0 })
    expect(without.lost).toBeGreaterThan(0)
    expect(without.undone).toBe(LOGINS)
  })

  it('loses nothing that another process heard, and would if that was forgotten by age', async () => {
    // The writer does not write anything again, as if it had died with the primary.
    const [kept, without] = await Promise.all([
      lossesAfter(AWAY_MS, { writer: ['journal', 'heard-writes'], reader: [] }),
      lossesAfter(AWAY_MS, { writer: ['journal', 'heard-writes'], reader: ['retention'] }),
    ])
    expect(kept).toEqual({ lost: 0, undone: 0 })
    expect(without.lost).toBeGreaterThan(0)
    expect(without.undone).toBe(LOGINS)
  })
})

describe.concurrent('`close` while a replica is away', { timeout: 60_000 }, () => {
  it('waits until the replica has what only this process remembers', async () => {
    const [kept, without] = await Promise.all([lostByClosing([]), lostByClosing(['retention'])])
    expect(kept).toBe(0)
    expect(without).toBe(LOGINS)
  })

  it('ends after two seconds when the replica stays away, and reports how much it lacks', async () => {
    await withLab(async (lab) => {
      const events: StoreEvent[] = []
      const store = await lab.openStore({ observer: { event: (event) => events.push(event) } })
      lab.network.cut(['a'], ['c'])
      await logIn(store)
      const startedMs = performance.now()
      await store.close()
      expect(performance.now() - startedMs).toBeLessThan(3000)
      expect(events).toContainEqual({ type: 'closed-unconfirmed', own: LOGINS, heard: LOGINS })
    })
  })
})

describe.concurrent('updates that the promoted replica lacks', { timeout: 60_000 }, () => {
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
