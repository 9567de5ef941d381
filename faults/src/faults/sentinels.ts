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
    end: async () => site.timeline.note(`SENTINEL RESET was answered with ${answers.join(', ')}`),
  }
}

const resetSentinel: Fault = {
  summary: 'the Sentinel of a host is reset: it knows no replica and no other Sentinel for a while',
  reach: 'everywhere',
  begin: async (site, { role }) => reset(site, [sentinelOf(await site.resolve(role))]),
}

const resetAllSentinels: Fault = {
  summary: 'all Sentinels are reset at once',
  reach: 'everywhere',
  begin: (site) => reset(site, SENTINEL_PLACES),
}

const firstFile: Fault = {
  summary:
    'kill -9 to the Sentinel of a host; it is started with its first file, with another id and without peers',
  reach: 'everywhere',
  begin: async (site, { role }) => {
    const { dataCentre } = site
    const place = sentinelOf(await site.resolve(role))
    await dataCentre.process(place).kill()
    await dataCentre.restoreFirstFile(place)
    return {
      where: place,
      evidence: async () =>
        (await dataCentre.process(place).state()) === 'ended' ? 'ended, and its file is the first one' : null,
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
  summary:
    'a cut not along host lines leaves the primary, one replica, one Sentinel and one application host together, and that Sentinel is reset',
  reach: 'network',
  durationsMs: IN_CUT_MS,
  begin: async (site, target) =>
    aloneOnItsSide(site, target.app, async () => reset(site, [sentinelOf(await site.resolve('primary'))])),
}

const firstFileInCut: Fault = {
  summary:
    'a cut not along host lines leaves the primary, one replica, one Sentinel and one application host together, and that Sentinel is back with its first file',
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
    'an application host is cut off from a replica host, and somebody asks the Sentinel there for a plain SENTINEL FAILOVER',
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
      where: `${place}, out of sight of ${app}`,
      touches: site.fleet.on(app),
      evidence: async () => {
        const now = await site.resolve('primary')
        if (now !== before) return `${now} is primary instead of ${before}`
        return (await countInLog(site, place, '+switch-master')) > seen ? 'it failed over' : null
      },
      end: async () => {
        site.timeline.note(`SENTINEL FAILOVER was answered with ${answer}`)
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
