import { ENGINES } from './choices.ts'
import { areNeighbours } from './network.ts'
import type { Transport } from './site.ts'

/** What a new `holdfast.yaml` is made from. */
export interface NewSite {
  /** One of {@link ENGINES}. */
  engine: string
  transport: Transport
  /** Why the traffic is plain; for the transport `plain`. */
  plainBecause?: string
  timings: 'fast' | 'reference'
  dataCentres: NewDataCentre[]
}

export interface NewDataCentre {
  name: string
  /** Addresses of the hosts that run Redis and Sentinel. */
  dataHosts: string[]
  /** Addresses of the servers that use the tokens. */
  applications: string[]
}

/** The JSON Schema beside a site's file, which its first line names. */
export const SCHEMA_FILE = 'holdfast.schema.json'

/** The text of a new `holdfast.yaml`, with comments that explain it. Pure. */
export function composeSite(site: NewSite): string {
  const { engine, transport, plainBecause, timings, dataCentres } = site
  const reason = plainBecause ? `plainBecause: ${JSON.stringify(plainBecause)}\n` : ''
  return `# yaml-language-server: $schema=./${SCHEMA_FILE}
# What runs where. Check it after each change:  holdfast check
# No passwords in here: each data centre names the place of its own.
version: 1

# What stores the tokens: ${ENGINES.slice(0, -1).join(', ')} or ${ENGINES.at(-1)}.
engine: ${engine}

# What protects the traffic between hosts: tls, stunnel, wireguard or plain.
transport: ${transport}
${reason}
# How soon a lost host is noticed. fast: 1.5 s. reference: 10 s, as in the document Shared Token Redis.
timings: ${timings}

# For how long the Redis client of your applications tries again until it gives up: a failover must fit into it.
# clients: { retryBudgetMs: 20000 }

# Memory of every Redis, with the defaults.
# redis: { maxmemoryMb: 256, backlogMb: 64, replicaBufferMb: 256, appendfsync: everysec }

# Settings of Holdfast's own gateways: who may log in, access rules, ... (docs/gateway-operations.md), and the proxy in front.
# gateway: { trustedProxies: [10.0.0.5] }

# When secrets are due for a rotation, in days: status and doctor say so. These are the defaults.
# rotation: { usersDays: 90, keyringDays: 90, certificateDaysLeft: 30 }

# Data centres share nothing: each has its own Redis, Sentinels, secrets and certificates.
dataCentres:
${dataCentres.map((dataCentre) => composeDataCentre(dataCentre, site)).join('\n')}`
}

function composeDataCentre({ name, dataHosts, applications }: NewDataCentre, site: NewSite): string {
  const tunnel = site.transport === 'wireguard' ? tunnelNetwork(site, name) : null
  const line = (kind: string, index: number, address: string, place: number, runs: string) => {
    const inTunnel = tunnel === null ? '' : ` tunnelAddress: ${tunnel}.${place},`
    return `      - { name: ${quoted(`${name}-${kind}-${index + 1}`)}, address: ${quoted(address)},${inTunnel} runs: [${runs}] }\n`
  }
  const data = dataHosts.map((address, index) => line('redis', index, address, 11 + index, 'redis, sentinel'))
  const users = applications.map((address, index) => line('app', index, address, 101 + index, 'application'))
  return `  ${quoted(name)}:
    # A folder that only its owner may enter. secrets.json is made in it when it is first needed.
    secrets: { file: ${quoted(`./secrets/${name}`)} }
    hosts:
      # Each runs one Redis and one Sentinel, and nothing else. The first begins as the primary.
${data.join('')}      # The servers that use the tokens: nobody else may reach Redis. Holdfast's own run \`gateway\` instead.
${users.join('')}`
}

/** A network for the tunnel in which no host has its real address. */
function tunnelNetwork({ dataCentres }: NewSite, name: string): string {
  const taken = dataCentres.flatMap(({ dataHosts, applications }) => [...dataHosts, ...applications])
  const place = 1 + dataCentres.findIndex((dataCentre) => dataCentre.name === name)
  const free = [99, 199, 77, 177].map((second) => `10.${second}.${place}`)
  return (
    free.find((network) => !taken.some((address) => areNeighbours(`${network}.1`, address))) ??
    `10.99.${place}`
  )
}

/** Plain where YAML reads it as the same text in any place. */
const quoted = (text: string): string =>
  /^[A-Za-z./][\w./-]*$|^\d+\.\d+\.\d+\.\d+$/.test(text) ? text : JSON.stringify(text)
