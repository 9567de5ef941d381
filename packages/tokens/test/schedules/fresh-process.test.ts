import { afterEach, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Lab, pause, until } from './lab.ts'

let lab: Lab
afterEach(async () => {
  await lab.stop()
})

/**
 * The replica that lagged is elected, and lacks a login and a log-out that were acknowledged. Who wrote them is about
 * to write them again. A process that starts in between has heard of neither: what does it say of them?
 */
async function startFreshProcess(rulesOff: SafetyRule[]) {
  lab = await Lab.start()
  lab.addApplicationHost('writer')
  const writer = await lab.openStore({ host: 'writer' })
  await lab.prefer('c')
  const ended = await writer.issue({ subject: 'ada' })
  lab.network.cut(['a'], ['c'])
  const login = await writer.issue({ subject: 'bob' })
  await writer.revoke(ended.token)
  await lab.redis('a').kill()
  lab.redis('b').pause()
  await until('c is primary', () => lab.isPrimary('c'))
  lab.network.delay('writer', 'c', 300)
  const fresh = lab.openStoreAtOnce({ rulesOff })
  lab.redis('b').resume()
  // Until it has copied what c has, it knows both, and whoever asks a majority hears of them.
  await until('b has become like c', async () =>
    String(await lab.group.run(lab.redis('c'), 'INFO', 'replication')).includes('state=online'),
  )
  return { fresh, login, ended }
}

async function answersOfAFreshProcess(rulesOff: SafetyRule[]) {
  const { fresh, login, ended } = await startFreshProcess(rulesOff)
  const answers = { login: new Set<string>(), ended: new Set<string>() }
  const toldAtMs = performance.now() + 15_000
  const asIt = async () => (await fresh.verify(login.token, { timeoutMs: 100 })).status
  for (let last = await asIt(); last !== 'active' && performance.now() < toldAtMs; last = await asIt()) {
    answers.login.add(last)
    answers.ended.add((await fresh.verify(ended.token, { timeoutMs: 100 })).status)
    await pause(10)
  }
  answers.ended.add((await fresh.verify(ended.token)).status)
  return { login: [...answers.login], ended: [...answers.ended] }
}

// INV-TOKENS-47.
it('a process that has just started answers unavailable until the new primary has all writes', {
  timeout: 60_000,
}, async () => {
  const { login, ended } = await answersOfAFreshProcess([])
  expect(login).toEqual(['unavailable'])
  expect(ended).toEqual(['unavailable', 'inactive'])
})

// INV-TOKENS-46.
it('a process that trusts the new primary at once logs one user out and another in again', {
  timeout: 60_000,
}, async () => {
  const { login, ended } = await answersOfAFreshProcess(['unknown'])
  expect(login).toContain('inactive')
  expect(ended).toContain('active')
})

/** Somebody ends all sessions of bob, of whose login that process has not heard. */
async function bobAfterAllWereEnded(rulesOff: SafetyRule[]) {
  const { fresh, login } = await startFreshProcess(rulesOff)
  await fresh.revokeSubject('bob')
  const told = await lab.openStore()
  return (await told.verify(login.token)).status
}

it('a process that has just started ends all sessions of a user, also those that the new primary still lacks', {
  timeout: 60_000,
}, async () => {
  expect(await bobAfterAllWereEnded([])).toBe('inactive')
})

it('a process that trusts the new primary at once leaves one session of a user', {
  timeout: 60_000,
}, async () => {
  expect(await bobAfterAllWereEnded(['unknown'])).toBe('active')
})
