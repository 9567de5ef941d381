import { ENGINES } from './choices.ts'
import { areNeighbours } from './network.ts'
import type { Transport } from './site.ts'

/** The answers from which a new `holdfast.yaml` is written. */
export interface NewSite {
  /** One of {@link ENGINES}. */
  engine: string
  transport: Transport
  /** The reason for plain traffic. Required with the transport `plain`. */
  plainBecause?: string
  timings: 'fast' | 'reference'
  dataCentres: NewDataCentre[]
}

export interface NewDataCentre {
  name: string
  /** Addresses of the hosts that run Redis and Sentinel. */
  dataHosts: string[]
  /** Addresses of the applications that use the tokens. */
  applications: string[]
}

/** The JSON Schema beside the file of a site. The first line of the file names it. */
export const SCHEMA_FILE = 'holdfast.schema.json'

/** Writes the text of a new `holdfast.yaml`, with comments that explain each key. Pure. */
export function composeSite(site: NewSite): string {
  const { engine, transport, plainBecause, timings, dataCentres } = site
  const reason = plainBecause ? `plainBecause: ${JSON.stringify(plainBecause)}\n` : ''
  return `# yaml-language-server: $schema=./${SCHEMA_FILE}
# The hosts of each data centre, and their services. Check this file after each change:  holdfast check
# Never put passwords here: each data centre names the place that keeps its secrets.
version: 1

# The engine that stores the tokens: ${ENGINES.slice(0, -1).join(', ')} or ${ENGINES.at(-1)}.
engine: ${engine}

# The protection of traffic between hosts: tls, stunnel, wireguard or plain.
transport: ${transport}
${reason}
# How fast Sentinel notices a lost host. fast: 1.5 s. reference: 10 s, as in the document Shared Token Redis.
timings: ${timings}

# How long the Redis client of your applications retries before it gives up. A failover must take less time.
# clients: { retryBudgetMs: 20000 }

# Memory and disk settings of every Redis. These are the defaults.
# redis: { maxmemoryMb: 256, backlogMb: 64, replicaBufferMb: 256, appendfsync: everysec }

# Settings of every Holdfast gateway: identities, access rules, the proxy in front, ... (docs/gateway-operations.md).
# gateway: { trustedProxies: [10.0.0.5] }

# When secrets are due for rotation, in days; status and doctor report it. These are the defaults.
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
    # A folder that only its owner can enter. Holdfast creates secrets.json in it when it first needs it.
    secrets: { file: ${quoted(`./secrets/${name}`)} }
    hosts:
      # Each host runs one Redis and one Sentinel, and nothing else. The first starts as the primary.
${data.join('')}      # The servers that use the tokens. No other host may reach Redis. Holdfast gateways run \`gateway\` instead.
${users.join('')}`
}

/** A network for the tunnel that contains no real address of a host. */
function tunnelNetwork({ dataCentres }: NewSite, name: string): string {
  const taken = dataCentres.flatMap(({ dataHosts, applications }) => [...dataHosts, ...applications])
  const place = 1 + dataCentres.findIndex((dataCentre) => dataCentre.name === name)
  const free = [99, 199, 77, 177].map((second) => `10.${second}.${place}`)
  return (
    free.find((network) => !taken.some((address) => areNeighbours(`${network}.1`, address))) ??
    `10.99.${place}`
  )
}

/** Quotes a text, unless YAML reads it as the same text without quotes. */
const quoted = (text: string): string =>
  /^[A-Za-z./][\w./-]*$|^\d+\.\d+\.\d+\.\d+$/.test(text) ? text : JSON.stringify(text)
