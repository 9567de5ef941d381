import { ask } from '../data-centre/ask.ts'
import { PRIMARY_NAME } from '../data-centre/names.ts'
import { waysBetween } from '../hosts/link-rules.ts'
import { APP_HOSTS, placesOf, SENTINEL_PLACES, type SentinelPlace, sentinelOf } from '../hosts/places.ts'
import { countInLog, type Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'

async function reset(site: Site, places: readonly SentinelPlace[]): Promise<Begun> {
  const answers = await Promise.all(
    places.map((place) => ask(place, ['SENTINEL', 'RESET', PRIMARY_NAME]).then(String, String)),
  )
  const done = answers.filter((answer) => answer === '1').length
  return {
    where: places.join(', '),
    evidence: async () => (done > 0 ? `${done} Sentinels were reset` : null),
    end: async () => site.timeline.note(`The answers to SENTINEL RESET were ${answers.join(', ')}`),
  }
}

const resetSentinel: Fault = {
  summary:
    'the Sentinel of a host is reset: until the next greetings it knows no replica and no other Sentinel',
  reach: 'everywhere',
  begin: async (site, { role }) => reset(site, [sentinelOf(await site.resolve(role))]),
}

const resetAllSentinels: Fault = {
  summary: 'all Sentinels are reset at the same time',
  reach: 'everywhere',
  begin: (site) => reset(site, SENTINEL_PLACES),
}

const firstFile: Fault = {
  summary:
    'the Sentinel of a host is killed, and restarts with its initial file: with another id and without peers',
  reach: 'everywhere',
  begin: async (site, { role }) => {
    const { dataCentre } = site
    const place = sentinelOf(await site.resolve(role))
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
async function aloneOnItsSide(
  site: Site,
  app: Parameters<Fault['begin']>[1]['app'],
  begin: () => Promise<Begun>,
) {
  const primary = await site.resolve('primary')
  const own = [...placesOf(primary), await site.resolve('other-replica'), app]
  const others = site.placesBut(own)
  const cut = await site.network.disturb(waysBetween(own, others))
  const begun = await begin()
  return {
    where: `${own.join(', ')} cut off, and ${begun.where}`,
    touches: APP_HOSTS.flatMap((host) => site.fleet.on(host)),
    evidence: begun.evidence,
    end: async () => {
      await begun.end()
      await site.network.mend(cut)
    },
  } satisfies Begun
}

/** Long enough for a failover on the other side, and the longest is longer than an earlier journal kept its entries. */
const IN_CUT_MS = [4000, 12_000, 30_000] as const

const resetInCut: Fault = {
  summary: 'a Sentinel is reset while it is isolated with the primary, one replica and one application host',
  reach: 'network',
  durationsMs: IN_CUT_MS,
  begin: async (site, target) =>
    aloneOnItsSide(site, target.app, async () => reset(site, [sentinelOf(await site.resolve('primary'))])),
}

const firstFileInCut: Fault = {
  summary:
    'a Sentinel restarts with its initial file while it is isolated with the primary, one replica and one application host',
  reach: 'network',
  durationsMs: IN_CUT_MS,
  begin: async (site, target, strength) =>
    aloneOnItsSide(site, target.app, async () => {
      const begun = await firstFile.begin(site, { ...target, role: await site.resolve('primary') }, strength)
      const evidence = await begun.evidence()
      await begun.end()
      return { ...begun, evidence: async () => evidence, end: async () => {} }
    }),
}

/** Lasts until the Sentinel that received the command has decided. */
const hiddenFailover: Fault = {
  summary:
    'the Sentinel of a replica host receives SENTINEL FAILOVER while an application host cannot reach that host',
  reach: 'everywhere',
  begin: async (site, { app, role }) => {
    const before = await site.resolve('primary')
    const asked = role === 'primary' ? 'replica' : role
    const host = await site.resolve(asked)
    const own = placesOf(host === before ? await site.resolve('replica') : host)
    const place = own.find((candidate) => candidate.length > 1) as SentinelPlace
    const seen = await countInLog(site, place, '+switch-master')
    const cut = await site.network.disturb(waysBetween([app], own))
    const answer = await ask(place, ['SENTINEL', 'FAILOVER', PRIMARY_NAME]).then(String, String)
    return {
      where: `${place}, unreachable from ${app}`,
      touches: site.fleet.on(app),
      evidence: async () => {
        const now = await site.resolve('primary')
        if (now !== before) return `${now} replaced ${before} as primary`
        return (await countInLog(site, place, '+switch-master')) > seen
          ? 'the Sentinel completed a failover'
          : null
      },
      end: async () => {
        site.timeline.note(`The answer to SENTINEL FAILOVER was ${answer}`)
        await site.network.mend(cut)
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
