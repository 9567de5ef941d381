import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Lab, pause, until } from './lab.ts'

let lab: Lab
afterEach(async () => {
  await lab.stop()
})

/**
 * An application and the primary die at once, while the replica that is then elected lagged: nobody but the
 * dead ones, and who heard it on the feed, has the last logins.
 */
async function lostLogins(rulesOff: SafetyRule[]): Promise<{ acknowledged: number; lost: number }> {
  lab = await Lab.start()
  await lab.openStore({ rulesOff })
  await lab.prefer('c')
  const application = spawn(process.execPath, [fileURLToPath(new URL('application.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const acknowledged: string[] = []
  createInterface(application.stdout).on('line', (token) => acknowledged.push(token))
  application.stdin.end(JSON.stringify(lab.storeOptions()))
  await until('the application logs users in', async () => acknowledged.length > 0)
  // Longer than a vote that was not heard can matter: from now on one replica is enough for an acknowledgement.
  await pause(6500)
  lab.network.delay('a', 'c', 800)
  await pause(2000)
  const gone = once(application, 'close')
  application.kill('SIGKILL')
  await lab.redis('a').kill()
  await gone
  lab.redis('b').pause()
  await until('c is primary', () => lab.isPrimary('c'))
  lab.redis('b').resume()
  await lab.redis('a').start()
  lab.network.heal()
  await lab.group.untilHealthy()
  await pause(1000)
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.length - (await lab.countLive(acknowledged)),
  }
}

// INV-TOKENS-25.
it('a failover loses no acknowledged login of an application that dies with the primary', {
  timeout: 90_000,
}, async () => {
  const { acknowledged, lost } = await lostLogins([])
  expect(acknowledged).toBeGreaterThan(50)
  expect(lost).toBe(0)
})

it('a failover loses such logins if the other applications do not write again what they received', {
  timeout: 90_000,
}, async () => {
  expect((await lostLogins(['heard-writes'])).lost).toBeGreaterThan(0)
})
