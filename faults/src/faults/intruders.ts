import { randomBytes } from 'node:crypto'
import { formatAddress } from '@holdfast/tokens/redis'
import { ask } from '../data-centre/ask.ts'
import { attachForeignReplica } from '../data-centre/foreign-replica.ts'
import { until } from '../data-centre/until.ts'
import { linksBetween } from '../hosts/link-rules.ts'
import { addressOf, FOREIGN_PLACE, placesOf, REDIS_PORT } from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

const ADDRESS = formatAddress({ host: addressOf(FOREIGN_PLACE), port: REDIS_PORT })

/** A run has only one place for a foreign replica. */
let isAttached = false

async function attach(testbed: Testbed): Promise<ActiveFault> {
  const primary = await testbed.resolve('primary')
  if (isAttached) return { where: FOREIGN_PLACE, evidence: async () => null, end: async () => {} }
  isAttached = true
  const foreign = await attachForeignReplica(
    testbed.foreignFolder,
    primary,
    await testbed.dataCentre.state.secrets(),
  )
  const online = async () => {
    const view = (await testbed.dataCentre.views()).get(primary)
    return view?.replicas.some(({ address }) => address === ADDRESS) ?? false
  }
  // The replica may never come online, because the primary may be hung or dead.
  await until('the foreign replica is online', online, { timeoutMs: 3000 }).catch(() => {})
  const follows = await online()
  return {
    where: `${FOREIGN_PLACE}, of ${primary}`,
    evidence: async () => (follows ? 'the primary lists it as a replica' : null),
    end: async () => {
      await foreign.kill()
      isAttached = false
    },
  }
}

const foreignReplica: Fault = {
  summary: 'a Redis that is not part of the data centre replicates the primary, and later stops',
  scope: 'everywhere',
  start: attach,
}

const foreignMinority: Fault = {
  summary:
    'a foreign replica is attached, and isolated together with the primary, its Sentinel and one application host',
  scope: 'network',
  start: async (testbed, { app }) => {
    const primary = await testbed.resolve('primary')
    const attached = await attach(testbed)
    const own = [...placesOf(primary), FOREIGN_PLACE, app] as const
    const cut = await testbed.network.dropPackets(linksBetween(own, testbed.placesBut(own)))
    return {
      where: own.join(', '),
      affected: testbed.fleet.serversOn(app),
      evidence: attached.evidence,
      end: async () => {
        await testbed.network.heal(cut)
        await attached.end()
      },
    }
  },
}

const FEED = 'hf:feed'
const FORGED_EVERY_MS = 100

/** Lengths that are negative, too large or not numeric; missing fields; bytes without any format. */
const FORGED: readonly (() => string | Buffer)[] = [
  () => 'a - -8 ',
  () => 'a - -1 ',
  () => 'hf:x - -2147483648 ',
  () => 'a - -0 ',
  () => 'a - 9007199254740993 x',
  () => 'a - 1e3 x',
  () => 'a - 0x10 0123456789abcdef',
  () => 'a - NaN x ',
  () => 'a -  ',
  () => ' ',
  () => '',
  () => 'a',
  () => `a - 3 xyz b - -${1 + Math.floor(Math.random() * 40)} `,
  () => randomBytes(200),
  () => `${randomBytes(8).toString('hex')} - 40 ${randomBytes(20).toString('hex')} `,
]

const forgedFeed: Fault = {
  summary:
    'a client publishes forged messages on the change feed: negative lengths, missing fields, arbitrary bytes',
  scope: 'everywhere',
  start: async (testbed) => {
    let received = 0
    let running = true
    const forge = async () => {
      for (let index = 0; running; index++) {
        const message = FORGED[index % FORGED.length]?.() ?? ''
        const primary = await testbed.resolve('primary')
        received += Number(await ask(primary, ['PUBLISH', FEED, message]).catch(() => 0))
        await new Promise((resolve) => setTimeout(resolve, FORGED_EVERY_MS))
      }
    }
    const forging = forge()
    return {
      where: FEED,
      evidence: async () => (received > 0 ? `subscribers received ${received} forged messages` : null),
      end: async () => {
        running = false
        await forging
      },
    }
  },
}

export const INTRUDER_FAULTS = {
  'foreign-replica': foreignReplica,
  'foreign-minority': foreignMinority,
  'forged-feed': forgedFeed,
} as const satisfies Record<string, Fault>
