import { ask } from '../data-centre/ask.ts'
import { PRIMARY_NAME } from '../data-centre/names.ts'
import { linksBetween } from '../hosts/link-rules.ts'
import { APP_HOSTS, placesOf, SENTINEL_PLACES, type SentinelPlace, sentinelOf } from '../hosts/places.ts'
import { countInLog, type Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

async function reset(testbed: Testbed, places: readonly SentinelPlace[]): Promise<ActiveFault> {
  const answers = await Promise.all(
    places.map((place) => ask(place, ['SENTINEL', 'RESET', PRIMARY_NAME]).then(String, String)),
  )
  const done = answers.filter((answer) => answer === '1').length
  return {
    where: places.join(', '),
    evidence: async () => (done > 0 ? `${done} Sentinels were reset` : null),
    end: async () => testbed.timeline.note(`The answers to SENTINEL RESET were ${answers.join(', ')}`),
  }
}

const resetSentinel: Fault = {
  summary:
    'the Sentinel of a host is reset: until the next greetings it knows no replica and no other Sentinel',
  scope: 'everywhere',
  start: async (testbed, { role }) => reset(testbed, [sentinelOf(await testbed.resolve(role))]),
}

const resetAllSentinels: Fault = {
  summary: 'all Sentinels are reset at the same time',
  scope: 'everywhere',
  start: (testbed) => reset(testbed, SENTINEL_PLACES),
}

const firstFile: Fault = {
  summary:
    'the Sentinel of a host is killed, and restarts with its initial file: with another id and without peers',
  scope: 'everywhere',
  start: async (testbed, { role }) => {
    const { dataCentre } = testbed
    const place = sentinelOf(await testbed.resolve(role))
    await dataCentre.process(place).kill()
    await dataCentre.restoreFirstFile(place)
    return {
      where: place,
      evidence: async () =>
        (await dataCentre.process(place).state()) === 'ended'
          ? 'the Sentinel ended, and its initial file was restored'
          : null,
      end: () => dataCentre.restart(place),
    }
  },
}

/**
 * Isolates a Sentinel that starts without peers, together with the primary, one replica and an application. Without
 * a cut, the Sentinel would find its peers within 2 s.
 */
async function isolateWithSentinel(
  testbed: Testbed,
  app: Parameters<Fault['start']>[1]['app'],
  start: () => Promise<ActiveFault>,
) {
  const primary = await testbed.resolve('primary')
  const own = [...placesOf(primary), await testbed.resolve('other-replica'), app]
  const others = testbed.placesBut(own)
  const cut = await testbed.network.dropPackets(linksBetween(own, others))
  const active = await start()
  return {
    where: `${own.join(', ')} cut off, and ${active.where}`,
    affected: APP_HOSTS.flatMap((host) => testbed.fleet.serversOn(host)),
    evidence: active.evidence,
    end: async () => {
      await active.end()
      await testbed.network.heal(cut)
    },
  } satisfies ActiveFault
}

/** Long enough for a failover on the other side, and the longest is longer than an earlier journal kept its entries. */
const CUT_DURATIONS_MS = [4000, 12_000, 30_000] as const

const resetInCut: Fault = {
  summary: 'a Sentinel is reset while it is isolated with the primary, one replica and one application host',
  scope: 'network',
  durationsMs: CUT_DURATIONS_MS,
  start: async (testbed, target) =>
    isolateWithSentinel(testbed, target.app, async () =>
      reset(testbed, [sentinelOf(await testbed.resolve('primary'))]),
    ),
}

const firstFileInCut: Fault = {
  summary:
    'a Sentinel restarts with its initial file while it is isolated with the primary, one replica and one application host',
  scope: 'network',
  durationsMs: CUT_DURATIONS_MS,
  start: async (testbed, target, strength) =>
    isolateWithSentinel(testbed, target.app, async () => {
      const active = await firstFile.start(
        testbed,
        { ...target, role: await testbed.resolve('primary') },
        strength,
      )
      const evidence = await active.evidence()
      await active.end()
      return { ...active, evidence: async () => evidence, end: async () => {} }
    }),
}

/** Lasts until the Sentinel that received the command has decided. */
const hiddenFailover: Fault = {
  summary:
    'the Sentinel of a replica host receives SENTINEL FAILOVER while an application host cannot reach that host',
  scope: 'everywhere',
  start: async (testbed, { app, role }) => {
    const before = await testbed.resolve('primary')
    const asked = role === 'primary' ? 'replica' : role
    const host = await testbed.resolve(asked)
    const own = placesOf(host === before ? await testbed.resolve('replica') : host)
    const place = own.find((candidate) => candidate.length > 1) as SentinelPlace
    const seen = await countInLog(testbed, place, '+switch-master')
    const cut = await testbed.network.dropPackets(linksBetween([app], own))
    const answer = await ask(place, ['SENTINEL', 'FAILOVER', PRIMARY_NAME]).then(String, String)
    return {
      where: `${place}, unreachable from ${app}`,
      affected: testbed.fleet.serversOn(app),
      evidence: async () => {
        const now = await testbed.resolve('primary')
        if (now !== before) return `${now} replaced ${before} as primary`
        return (await countInLog(testbed, place, '+switch-master')) > seen
          ? 'the Sentinel completed a failover'
          : null
      },
      end: async () => {
        testbed.timeline.note(`The answer to SENTINEL FAILOVER was ${answer}`)
        await testbed.network.heal(cut)
      },
    }
  },
}

export const SENTINEL_FAULTS = {
  'reset-sentinel': resetSentinel,
  'reset-all-sentinels': resetAllSentinels,
  'first-file': firstFile,
  'reset-in-cut': resetInCut,
  'first-file-in-cut': firstFileInCut,
  'hidden-failover': hiddenFailover,
} as const satisfies Record<string, Fault>
