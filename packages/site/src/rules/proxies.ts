import { commandRuleProblem, mayMatchPrefix, refusedCommands } from '../file/acl-rights.ts'
import type { Path, Problem } from '../file/finding.ts'
import { familyOf, isLoopback } from '../file/network.ts'
import {
  NAMES_OF_OTHERS,
  NO_SENTINEL_PORT,
  type ProxyPort,
  type ProxySettings,
  type ProxyUser,
  proxyAddresses,
  proxySettings,
  RESERVED_USERS,
} from '../file/proxy-settings.ts'
import type { Engine, Site } from '../file/site.ts'
import { bindAddresses } from '../render/placement.ts'
import { PORT } from '../topology/topology.ts'
import { allHosts, type LocatedHost, servicePath } from './hosts.ts'
import type { Rule } from './rule.ts'
import { ACL_DOCS, holdfast } from './sources.ts'

const PAGE = holdfast('docs/proxy.md')
const LISTENING = ['listen', 'sentinelListen'] as const

/** Rules about the Redis proxies, and the Redis users of their clients. */
export const proxyRules: readonly Rule[] = [
  {
    id: 'proxy-address',
    severity: 'error',
    summary: 'A proxy is to listen at a text that is not an address with a port.',
    why: 'The socket is not opened, and the proxy does not start.',
    fix: 'Write an IPv4 or IPv6 address and a port, such as 127.0.0.1:6380 or "[::1]:6380".',
    source: PAGE,
    *check({ proxy }) {
      for (const { key, text, address } of listening(proxy)) {
        if (address !== null && familyOf(address.host) !== null && address.port > 0) continue
        yield { path: ['proxy', key], message: `"${text}" is not an address with a port from 1 to 65535.` }
      }
    },
  },
  {
    id: 'proxy-off-loopback',
    severity: 'error',
    summary: 'A proxy is to accept clients from other hosts.',
    why: 'Clients send their passwords and data to the proxy, and this port does not encrypt them: anyone on the network could read both.',
    fix: 'Listen on a loopback address, and run a proxy on each host of its clients: `runs: [application, proxy]`. For clients on other hosts add `proxy.tls`, such as `{ port: 6390, from: [10.20.0.31] }`.',
    source: PAGE,
    *check({ proxy }) {
      for (const { key, text, address } of listening(proxy)) {
        if (address === null || familyOf(address.host) === null || isLoopback(address.host)) continue
        yield { path: ['proxy', key], message: `${text} is not a loopback address.` }
      }
    },
  },
  {
    id: 'proxy-open-port',
    severity: 'error',
    summary:
      'A port of the proxies for other hosts has an address that is not one, or belongs to another service.',
    why: 'The firewall does not load with a text that is not an address. Of two processes with one port only one starts.',
    fix: 'List IPv4 or IPv6 addresses in `from`, and choose a port that no other service has, such as 9122 for `metrics` and 6390 for `tls`.',
    source: PAGE,
    *check({ proxy }) {
      for (const [key, { port, from }] of openPorts(proxy)) {
        for (const [index, address] of from.entries()) {
          if (familyOf(address) !== null) continue
          yield { path: ['proxy', key, 'from', index], message: `"${address}" is not an IP address.` }
        }
        const other = othersThanOpen(proxy, key).find((taken) => taken.port === port)
        if (other === undefined) continue
        yield { path: ['proxy', key, 'port'], message: `Port ${port} belongs to ${other.what}.` }
      }
    },
  },
  {
    id: 'proxy-tls-transport',
    severity: 'error',
    summary: 'A proxy is to accept clients with TLS, but its host has no certificate that it can read.',
    why: 'Only with `transport: tls` do services read the certificate of their host. The proxy does not start without one.',
    fix: 'Set `transport: tls`, or remove `proxy.tls` and run a proxy on each host of its clients.',
    source: PAGE,
    *check({ proxy, transport }) {
      if (proxy?.tls === undefined || transport === 'tls') return
      yield { path: ['proxy', 'tls'], message: `The transport is "${transport}".` }
    },
  },
  {
    id: 'proxy-port-taken',
    severity: 'error',
    summary: 'A proxy is to listen where another process of its host listens.',
    why: 'Only one of the two can start. If the proxy comes first, Redis, Sentinel or the gateway of that host is down.',
    fix: 'Give the proxy a port of its own. The defaults are 6380 and 26380.',
    source: PAGE,
    *check(site) {
      const [clients, sentinelClients] = listening(site.proxy)
      if (clients !== undefined && sentinelClients !== undefined && overlap(clients, sentinelClients)) {
        yield {
          path: ['proxy', 'sentinelListen'],
          message: `\`listen\` already has ${clients.text}. Clients of Redis and of Sentinel need a port each.`,
        }
      }
      for (const located of allHosts(site, ['proxy'])) {
        for (const own of listening(site.proxy)) {
          const taken = othersOn(site, located).find((other) => overlap(own, other))
          if (taken === undefined) continue
          yield {
            path: site.proxy === undefined ? servicePath(located, 'proxy') : ['proxy', own.key],
            message: `The ${taken.what} of ${located.host.name} already listens on ${own.text}.`,
          }
        }
      }
    },
  },
  {
    id: 'proxy-without-users',
    severity: 'warning',
    summary: 'A host runs a proxy that no client can log in to.',
    why: "Clients of a proxy log in as a Redis user with rights on their own keys. Without one, only Holdfast's own users exist, which must not be given to applications.",
    fix: 'Add a user under `proxy.users`, such as `web: { keys: ["sess:*"] }`. A host of the platform (`runs: [application, proxy]`) needs none: the platform has its own.',
    source: PAGE,
    *check(site) {
      if (Object.keys(proxySettings(site).users).length > 0) return
      for (const located of allHosts(site, ['proxy'])) {
        if (located.host.runs.includes('application')) continue
        yield {
          path: servicePath(located, 'proxy'),
          message: `${located.host.name} runs a proxy, but \`proxy.users\` names no user.`,
        }
      }
    },
  },
  {
    id: 'proxy-settings-unused',
    severity: 'warning',
    summary: 'The file has settings of proxies, but no host runs one.',
    why: 'Nothing uses the settings, and the Redis users in them are not created.',
    fix: 'Add `proxy` to `runs` of each host whose clients need a proxy, or remove the settings.',
    source: PAGE,
    *check(site) {
      if (site.proxy === undefined || allHosts(site, ['proxy']).length > 0) return
      yield { path: ['proxy'], message: 'No host has `proxy` in `runs`.' }
    },
  },
  {
    id: 'proxy-needs-users',
    severity: 'error',
    summary: 'A proxy with the profile as-documented.',
    why: 'That profile has one password and no Redis users. The proxy needs them to keep its records apart from the data of its clients.',
    fix: 'Set `profile: hardened`, or remove `proxy` from `runs`.',
    source: PAGE,
    *check(site) {
      if (site.profile !== 'as-documented') return
      for (const located of allHosts(site, ['proxy'])) {
        yield {
          path: servicePath(located, 'proxy'),
          message: `${located.host.name} runs a proxy, which the profile as-documented cannot serve.`,
        }
      }
    },
  },
  {
    id: 'proxy-user-name',
    severity: 'error',
    summary: 'A Redis user of proxied clients has a name that is reserved or not valid.',
    why: 'A reserved name belongs to a user of Holdfast with other rights: one of the two would get the rights of the other. The name is also part of a file name and of a URL.',
    fix: 'Use 1 to 32 of a-z, 0-9, "-" and "_", beginning with a letter, and none of the reserved names.',
    source: PAGE,
    *check({ proxy }) {
      for (const [name] of usersOf(proxy)) {
        const path = ['proxy', 'users', name]
        if (RESERVED_USERS.includes(name)) {
          yield { path, atKey: true, message: `"${name}" is a user that Holdfast has for another purpose.` }
        } else if (!/^[a-z][a-z0-9_-]{0,31}$/.test(name)) {
          yield { path, atKey: true, message: `"${name}" is not a valid name.` }
        }
      }
    },
  },
  {
    id: 'proxy-user-names',
    severity: 'error',
    summary: 'A Redis user of proxied clients may use names of Holdfast, or its pattern is not valid.',
    why: 'Keys and channels that begin with `hf:` hold the sessions, the group id and the records of the proxies: a client could log users out, or make a write count as done. A forged message of Sentinels gives the group another primary.',
    fix: `Name the application's own patterns, such as sess:*. For every key except those of Holdfast, leave out \`keys\`, or list ${NAMES_OF_OTHERS.join(' ')}.`,
    source: ACL_DOCS,
    *check({ proxy }) {
      for (const [name, user] of usersOf(proxy)) yield* badPatterns(['proxy', 'users', name], user)
    },
  },
  {
    id: 'proxy-user-commands',
    severity: 'error',
    summary:
      'A Redis user of proxied clients may administer servers or delete whole databases, or a rule is not valid.',
    why: 'Patterns of keys do not restrict these commands: with CONFIG a client reads the password of the replicas, and with FLUSHALL it logs out every user. Redis does not start with a rule that it does not know.',
    fix: 'End the list with `-@admin` and `-@dangerous`, or allow only what the application needs, such as `[+@read, +@write, -@dangerous]`. Operators have the user `admin`.',
    source: ACL_DOCS,
    *check({ proxy, engine }) {
      for (const [name, { commands }] of usersOf(proxy))
        yield* badCommands(['proxy', 'users', name], commands, engine)
    },
  },
]

interface Listening {
  key: (typeof LISTENING)[number]
  text: string
  address: { host: string; port: number } | null
}

function listening(proxy: ProxySettings | undefined): Listening[] {
  const settings = proxySettings(proxy === undefined ? {} : { proxy })
  const { clients, sentinelClients } = proxyAddresses(settings)
  const addresses = { listen: clients, sentinelListen: sentinelClients }
  return LISTENING.filter((key) => settings[key] !== NO_SENTINEL_PORT || key === 'listen').map((key) => ({
    key,
    text: settings[key],
    address: addresses[key],
  }))
}

type OpenPort = 'metrics' | 'tls'

/** The ports of each proxy for other hosts. */
const openPorts = (proxy: ProxySettings | undefined): [OpenPort, ProxyPort][] =>
  (['metrics', 'tls'] as const).flatMap((key) => {
    const port = proxy?.[key]
    return port === undefined ? [] : [[key, port] as [OpenPort, ProxyPort]]
  })

/** The other services that may listen on the host of a proxy. */
function othersThanOpen(proxy: ProxySettings | undefined, own: OpenPort): { what: string; port: number }[] {
  const services = {
    Redis: PORT.redis,
    Sentinel: PORT.sentinel,
    'the gateway': PORT.http,
    WireGuard: PORT.tunnel,
  }
  return [
    ...Object.entries(services).map(([what, port]) => ({ what, port })),
    ...openPorts(proxy).flatMap(([key, { port }]) =>
      key === own ? [] : [{ what: `\`proxy.${key}\``, port }],
    ),
    // On a wildcard address, the port belongs to each address of the host.
    ...listening(proxy).flatMap(({ key, address }) =>
      address === null ? [] : [{ what: `\`proxy.${key}\``, port: address.port }],
    ),
  ]
}

const overlap = (one: Pick<Listening, 'address'>, other: Pick<Listening, 'address'>): boolean =>
  one.address !== null &&
  other.address !== null &&
  one.address.host === other.address.host &&
  one.address.port === other.address.port

/** Where the other processes of a host listen. */
function othersOn(site: Site, { host }: LocatedHost): (Pick<Listening, 'address'> & { what: string })[] {
  const at = (what: string, hosts: readonly string[], port: number) =>
    hosts.map((address) => ({ what, address: { host: address, port } }))
  const hasAddress = site.transport !== 'wireguard' || host.tunnelAddress !== null
  const own = hasAddress ? bindAddresses(site, host) : []
  return [
    ...(host.runs.includes('redis') ? at('Redis', own, PORT.redis) : []),
    ...(host.runs.includes('sentinel') ? at('Sentinel', own, PORT.sentinel) : []),
    ...(host.runs.includes('gateway') ? at('gateway', [host.address], PORT.http) : []),
  ]
}

const usersOf = (proxy: ProxySettings | undefined): [string, ProxyUser][] =>
  Object.entries(proxy?.users ?? {})

const HELLO_CHANNEL = '__sentinel__:hello'

function* badPatterns(path: Path, { keys, channels }: ProxyUser): Iterable<Problem> {
  for (const [kind, patterns] of Object.entries({ keys, channels })) {
    for (const [index, pattern] of patterns.entries()) {
      const at = [...path, kind, index]
      if (!/^[!-'*-~]+$/.test(pattern)) {
        yield {
          path: at,
          message: 'A pattern has only printable ASCII characters, without blanks and parentheses.',
        }
      } else if (mayMatchPrefix(pattern, 'hf:')) {
        yield { path: at, message: `"${pattern}" matches ${kind} of Holdfast, which begin with hf:.` }
      } else if (kind === 'channels' && mayMatchPrefix(pattern, HELLO_CHANNEL)) {
        yield {
          path: at,
          message: `"${pattern}" matches ${HELLO_CHANNEL}, on which Sentinels find each other.`,
        }
      }
    }
  }
}

const MAX_LISTED = 4

function* badCommands(path: Path, commands: readonly string[], engine: Engine): Iterable<Problem> {
  let isReadable = true
  for (const [index, rule] of commands.entries()) {
    const problem = commandRuleProblem(rule, engine)
    if (problem === null) continue
    isReadable = false
    yield {
      path: [...path, 'commands', index],
      message: `"${rule}" is not a rule about commands. ${problem}`,
    }
  }
  const refused = isReadable ? refusedCommands(commands) : []
  if (refused.length === 0) return
  const listed = refused.slice(0, MAX_LISTED).map((command) => command.replace('|', ' ').toUpperCase())
  const more = refused.length > MAX_LISTED ? ` and ${refused.length - MAX_LISTED} more` : ''
  yield { path: [...path, 'commands'], message: `These rules allow ${listed.join(', ')}${more}.` }
}
