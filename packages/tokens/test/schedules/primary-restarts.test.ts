import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import type { TokenStore } from '../../src/store/session/token-store.ts'
import { Lab, pause, until } from './lab.ts'

const SESSIONS = 10
/** The primary is back long before its failover would begin. */
const AWAY_MS = 3000
const TIMINGS = { downAfterMs: 10_000, failoverTimeoutMs: 30_000 }

/** Where a Redis writes its commands. */
async function appendOnlyFile(lab: Lab): Promise<string> {
  const reply = await lab.group.run(lab.redis('a'), 'CONFIG', 'GET', 'dir')
  const folder = join(String(Object.values(reply as Record<string, unknown>)[0]), 'appendonlydir')
  const name = (await readdir(folder)).find((file) => file.endsWith('.incr.aof'))
  if (name === undefined) throw new Error(`There is no append-only file in ${folder}.`)
  return join(folder, name)
}

interface Sessions {
  active: string[]
  ended: string[]
}

/** The wrong answers of a store, until it has answered everything right once, or 15 s have passed. */
async function wrongAnswers(store: TokenStore, { active, ended }: Sessions): Promise<string[]> {
  const wrong = new Set<string>()
  let isRight = false
  for (const endMs = performance.now() + 15_000; !isRight && performance.now() < endMs; await pause(5)) {
    const ask = (tokens: string[]) =>
      Promise.all(tokens.map(async (token) => (await store.verify(token, { timeoutMs: 200 })).status))
    const [ofActive, ofEnded] = await Promise.all([ask(active), ask(ended)])
    if (ofActive.includes('inactive')) wrong.add('an active session is called inactive')
    if (ofEnded.includes('active')) wrong.add('an ended session is called active')
    const listed = await store.list('ada', { timeoutMs: 200 }).catch(() => null)
    if (listed !== null && listed.length !== active.length) wrong.add(`${listed.length} sessions are listed`)
    isRight =
      ofActive.every((it) => it === 'active') && ofEnded.every((it) => it === 'inactive') && listed !== null
  }
  if (!isRight) wrong.add('the answers did not become right')
  return [...wrong]
}

/**
 * The machine of the primary loses power and is back within `down-after-milliseconds`. Its append-only file lacks what was
 * acknowledged last, and both replicas, which had all of it, copy that.
 */
async function losePower(rulesOff: SafetyRule[]): Promise<{ fresh: string[]; old: string[]; lost: number }> {
  const lab = await Lab.start(TIMINGS)
  try {
    lab.addApplicationHost('applications')
    const writer = await lab.openStore({ host: 'applications', rulesOff })
    const old = await lab.openStore({ host: 'applications', rulesOff })
    const issue = async () => (await writer.issue({ subject: 'ada' })).token
    const ended = await Promise.all(Array.from({ length: SESSIONS }, issue))
    const file = await appendOnlyFile(lab)
    await pause(100)
    const { size: length } = await stat(file)
    const active = await Promise.all(Array.from({ length: SESSIONS }, issue))
    await Promise.all(ended.map((token) => writer.revoke(token)))
    await until('every replica has everything', async () => writer.status().journalEntries === 0)
    await lab.redis('a').kill()
    await truncate(file, length)
    const ofOld = wrongAnswers(old, { active, ended })
    await pause(AWAY_MS)
    // Time to see what a process says before the others have written everything again.
    lab.network.delay('applications', 'a', 200)
    const fresh = lab.openStoreAtOnce({ rulesOff })
    await lab.redis('a').start()
    const size = async (host: 'a' | 'b' | 'c') => String(await lab.group.run(lab.redis(host), 'DBSIZE'))
    await until('the replicas have copied it', async () => {
      const [ofPrimary, ...ofReplicas] = await Promise.all([size('a'), size('b'), size('c')])
      return ofReplicas.every((it) => it === ofPrimary)
    })
    const [wrongOfFresh, wrongOfOld] = await Promise.all([wrongAnswers(fresh, { active, ended }), ofOld])
    return { fresh: wrongOfFresh, old: wrongOfOld, lost: SESSIONS - (await lab.countLive(active)) }
  } finally {
    await lab.stop()
  }
}

describe.concurrent('a primary that lost power and its last writes is back before a failover', {
  timeout: 60_000,
}, () => {
  // INV-TOKENS-21.
  it('causes no wrong answer', async () => {
    expect(await losePower([])).toEqual({ fresh: [], old: [], lost: 0 })
  })

  it('causes wrong answers of a process that starts then if it counts as the same primary', async () => {
    const { fresh } = await losePower(['restart'])
    expect(fresh).toContain('an active session is called inactive')
    expect(fresh).toContain('an ended session is called active')
  })
})
