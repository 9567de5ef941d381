import { linksBetween } from '../hosts/link-rules.ts'
import { APP_HOSTS, PLACES, type Place, placesOf } from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

export interface PacketLoss {
  where: string
  from: readonly Place[]
  to: readonly Place[]
  oneWay?: boolean
  lossPercent?: number
  affected?: readonly string[]
}

/** Drops packets between places until the fault ends. */
export async function dropPackets(
  testbed: Testbed,
  { where, from, to, oneWay, lossPercent, affected }: PacketLoss,
): Promise<ActiveFault> {
  const id = await testbed.network.dropPackets(linksBetween(from, to, oneWay), lossPercent)
  return {
    where,
    ...(affected === undefined ? {} : { affected }),
    evidence: async () => {
      const packets = await testbed.network.packetsDroppedBy(id)
      return packets > 0 ? `${packets} packets were dropped` : null
    },
    end: () => testbed.network.heal(id),
  }
}

const allBut = (some: readonly Place[]) => PLACES.filter((place) => !some.includes(place))

const cutHost: Fault = {
  summary: 'a data host is isolated from all other hosts',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const own = placesOf(await testbed.resolve(role))
    return dropPackets(testbed, { where: own.join(', '), from: own, to: allBut(own) })
  },
}

const muteHost: Fault = {
  summary: 'a data host receives packets, but its own packets are lost',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const own = placesOf(await testbed.resolve(role))
    return dropPackets(testbed, { where: own.join(', '), from: own, to: allBut(own), oneWay: true })
  },
}

const deafHost: Fault = {
  summary: 'a data host sends packets, but receives none',
  scope: 'one-data-host',
  start: async (testbed, { role }) => {
    const own = placesOf(await testbed.resolve(role))
    return dropPackets(testbed, { where: own.join(', '), from: allBut(own), to: own, oneWay: true })
  },
}

const cutLink: Fault = {
  summary: 'the link between the primary and one replica is cut; both reach all other hosts',
  scope: 'network',
  start: async (testbed, { role }) => {
    const { primary, replica } = await testbed.resolveLink(role)
    return dropPackets(testbed, { where: `${primary} and ${replica}`, from: [primary], to: [replica] })
  },
}

const halfCutLink: Fault = {
  summary: 'the packets of the primary do not reach one replica',
  scope: 'network',
  start: async (testbed, { role }) => {
    const { primary, replica } = await testbed.resolveLink(role)
    return dropPackets(testbed, {
      where: `${primary} to ${replica}`,
      from: [primary],
      to: [replica],
      oneWay: true,
    })
  },
}

const minority: Fault = {
  summary: 'the primary, its Sentinel and one application host are isolated together',
  scope: 'network',
  start: async (testbed, { app }) => {
    const own = [...placesOf(await testbed.resolve('primary')), app]
    return dropPackets(testbed, {
      where: own.join(', '),
      from: own,
      to: allBut(own),
      affected: testbed.fleet.serversOn(app),
    })
  },
}

const halfAndHalf: Fault = {
  summary:
    'the primary, its Sentinel, the Redis of a second host and one application host are isolated together; the cut separates Redis from Sentinel on the second host',
  scope: 'network',
  start: async (testbed, { app }) => {
    const primary = await testbed.resolve('primary')
    const own: Place[] = [...placesOf(primary), await testbed.resolve('other-replica'), app]
    return dropPackets(testbed, {
      where: own.join(', '),
      from: own,
      to: allBut(own),
      affected: APP_HOSTS.flatMap((host) => testbed.fleet.serversOn(host)),
    })
  },
}

const cutApp: Fault = {
  summary: 'an application host is isolated from all other hosts',
  scope: 'one-application',
  start: (testbed, { app }) =>
    dropPackets(testbed, {
      where: app,
      from: [app],
      to: allBut([app]),
      affected: testbed.fleet.serversOn(app),
    }),
}

const cutAppFromPrimary: Fault = {
  summary: 'an application host can reach every host except the primary',
  scope: 'network',
  start: async (testbed, { app }) => {
    const primary = await testbed.resolve('primary')
    return dropPackets(testbed, {
      where: `${app} and ${primary}`,
      from: [app],
      to: [primary],
      affected: testbed.fleet.serversOn(app),
    })
  },
}

const lossyHost: Fault = {
  summary: '20 % to 50 % of all packets to and from a data host are lost',
  scope: 'network',
  start: async (testbed, { role }, strength) => {
    const own = placesOf(await testbed.resolve(role))
    const lossPercent = Math.round(20 + 30 * strength)
    return dropPackets(testbed, {
      where: `${own.join(', ')} (${lossPercent} %)`,
      from: own,
      to: allBut(own),
      lossPercent,
    })
  },
}

const slowHost: Fault = {
  summary: 'all traffic to a Redis is limited to 128 to 512 kbit/s, with a queue of 0.6 s',
  scope: 'network',
  start: async (testbed, { role }, strength) => {
    const host = await testbed.resolve(role)
    const kilobits = Math.round(128 * 4 ** strength)
    await testbed.network.limitRate(host, kilobits, 600)
    return {
      where: `${host} (${kilobits} kbit/s)`,
      evidence: async () => {
        const packets = await testbed.network.packetsDelayedAt(host)
        return packets > 0 ? `${packets} packets were delayed` : null
      },
      end: () => testbed.network.removeRateLimit(host),
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
