import { waysBetween } from '../hosts/link-rules.ts'
import { APP_HOSTS, PLACES, type Place, placesOf } from '../hosts/places.ts'
import type { Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'

export interface Disturbance {
  where: string
  from: readonly Place[]
  to: readonly Place[]
  oneWay?: boolean
  lossPercent?: number
  touches?: readonly string[]
}

/** Drops packets between places until the fault ends. */
export async function disturb(
  site: Site,
  { where, from, to, oneWay, lossPercent, touches }: Disturbance,
): Promise<Begun> {
  const id = await site.network.disturb(waysBetween(from, to, oneWay), lossPercent)
  return {
    where,
    ...(touches === undefined ? {} : { touches }),
    evidence: async () => {
      const packets = await site.network.droppedBy(id)
      return packets > 0 ? `${packets} packets were dropped` : null
    },
    end: () => site.network.mend(id),
  }
}

const allBut = (some: readonly Place[]) => PLACES.filter((place) => !some.includes(place))

const cutHost: Fault = {
  summary: 'a data host is isolated from all other hosts',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const own = placesOf(await site.resolve(role))
    return disturb(site, { where: own.join(', '), from: own, to: allBut(own) })
  },
}

const muteHost: Fault = {
  summary: 'a data host receives packets, but its own packets are lost',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const own = placesOf(await site.resolve(role))
    return disturb(site, { where: own.join(', '), from: own, to: allBut(own), oneWay: true })
  },
}

const deafHost: Fault = {
  summary: 'a data host sends packets, but receives none',
  reach: 'one-data-host',
  begin: async (site, { role }) => {
    const own = placesOf(await site.resolve(role))
    return disturb(site, { where: own.join(', '), from: allBut(own), to: own, oneWay: true })
  },
}

const cutLink: Fault = {
  summary: 'the link between the primary and one replica is cut; both reach all other hosts',
  reach: 'network',
  begin: async (site, { role }) => {
    const { primary, replica } = await site.resolveLink(role)
    return disturb(site, { where: `${primary} and ${replica}`, from: [primary], to: [replica] })
  },
}

const halfCutLink: Fault = {
  summary: 'the packets of the primary do not reach one replica',
  reach: 'network',
  begin: async (site, { role }) => {
    const { primary, replica } = await site.resolveLink(role)
    return disturb(site, { where: `${primary} to ${replica}`, from: [primary], to: [replica], oneWay: true })
  },
}

const minority: Fault = {
  summary: 'the primary, its Sentinel and one application host are isolated together',
  reach: 'network',
  begin: async (site, { app }) => {
    const own = [...placesOf(await site.resolve('primary')), app]
    return disturb(site, { where: own.join(', '), from: own, to: allBut(own), touches: site.fleet.on(app) })
  },
}

const halfAndHalf: Fault = {
  summary:
    'the primary, its Sentinel, the Redis of a second host and one application host are isolated together; the cut separates Redis from Sentinel on the second host',
  reach: 'network',
  begin: async (site, { app }) => {
    const primary = await site.resolve('primary')
    const own: Place[] = [...placesOf(primary), await site.resolve('other-replica'), app]
    return disturb(site, {
      where: own.join(', '),
      from: own,
      to: allBut(own),
      touches: APP_HOSTS.flatMap((host) => site.fleet.on(host)),
    })
  },
}

const cutApp: Fault = {
  summary: 'an application host is isolated from all other hosts',
  reach: 'one-application',
  begin: (site, { app }) =>
    disturb(site, { where: app, from: [app], to: allBut([app]), touches: site.fleet.on(app) }),
}

const cutAppFromPrimary: Fault = {
  summary: 'an application host can reach every host except the primary',
  reach: 'network',
  begin: async (site, { app }) => {
    const primary = await site.resolve('primary')
    return disturb(site, {
      where: `${app} and ${primary}`,
      from: [app],
      to: [primary],
      touches: site.fleet.on(app),
    })
  },
}

const lossyHost: Fault = {
  summary: '20 % to 50 % of all packets to and from a data host are lost',
  reach: 'network',
  begin: async (site, { role }, strength) => {
    const own = placesOf(await site.resolve(role))
    const lossPercent = Math.round(20 + 30 * strength)
    return disturb(site, {
      where: `${own.join(', ')} (${lossPercent} %)`,
      from: own,
      to: allBut(own),
      lossPercent,
    })
  },
}

const slowHost: Fault = {
  summary: 'all traffic to a Redis is limited to 128 to 512 kbit/s, with a queue of 0.6 s',
  reach: 'network',
  begin: async (site, { role }, strength) => {
    const host = await site.resolve(role)
    const kilobits = Math.round(128 * 4 ** strength)
    await site.network.narrow(host, kilobits, 600)
    return {
      where: `${host} (${kilobits} kbit/s)`,
      evidence: async () => {
        const packets = await site.network.delayedAt(host)
        return packets > 0 ? `${packets} packets were delayed` : null
      },
      end: () => site.network.widen(host),
    }
  },
}

export const NETWORK_FAULTS = {
  'cut-host': cutHost,
  'mute-host': muteHost,
  'deaf-host': deafHost,
  'cut-link': cutLink,
  'half-cut-link': halfCutLink,
  minority,
  'half-and-half': halfAndHalf,
  'cut-app': cutApp,
  'cut-app-from-primary': cutAppFromPrimary,
  'lossy-host': lossyHost,
  'slow-host': slowHost,
} as const satisfies Record<string, Fault>
