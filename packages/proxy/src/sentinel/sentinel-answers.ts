import { formatAddress } from '@holdfast/tokens/group'
import {
  array,
  bulk,
  errorReply,
  integer,
  map,
  nullArray,
  OK,
  PONG,
  type Protocol,
  simple,
} from '../resp/reply.ts'

/** What a client learns about the group: one primary that is always there, no replica and no other Sentinel. */
export interface Announced {
  primaryName: string
  /** Where clients reach the proxy. */
  host: string
  port: number
  /** 40 hexadecimal digits: identifies this process. */
  runId: string
}

/** What one connection has set. */
export interface SentinelConnectionState {
  protocol: Protocol
  /** The channels and patterns that the client subscribed to. Nothing is ever published on them. */
  channels: Set<string>
}

const SUBSCRIBES = new Set(['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'])

/**
 * Answers a client that looks for its primary, as a Sentinel would whose only primary is the proxy. A client may log in as
 * anyone: it learns an address that it has already. Null: the connection ends behind the answer `+OK`.
 */
export function sentinelAnswer(
  args: readonly Buffer[],
  announced: Announced,
  state: SentinelConnectionState,
): Buffer | null {
  const [name = '', ...rest] = args.map(String)
  const command = name.toLowerCase()
  if (SUBSCRIBES.has(command)) return subscription(command, rest, state)
  switch (command) {
    case 'ping':
      return state.channels.size > 0 && state.protocol === 2
        ? array([bulk('pong'), bulk(rest[0] ?? '')])
        : PONG
    case 'auth':
    case 'client':
      return OK
    case 'hello':
      return hello(rest, state)
    case 'info':
      return bulk(infoOf(announced))
    case 'role':
      return array([bulk('sentinel'), array([bulk(announced.primaryName)])])
    case 'sentinel':
      return sentinelCommand(rest, announced, state.protocol)
    case 'quit':
      return null
    default:
      return errorReply(`ERR unknown command '${name.slice(0, 128)}', with args beginning with: `)
  }
}

function sentinelCommand(
  [name = '', primary = '']: string[],
  announced: Announced,
  protocol: Protocol,
): Buffer {
  const isKnown = primary === announced.primaryName
  const ofKnown = (reply: Buffer) => (isKnown ? reply : errorReply('ERR No such master with that name'))
  switch (name.toLowerCase()) {
    case 'get-master-addr-by-name':
      return isKnown ? array([bulk(announced.host), bulk(String(announced.port))]) : nullArray(protocol)
    case 'masters':
      return array([primaryFields(announced, protocol)])
    case 'master':
      return ofKnown(primaryFields(announced, protocol))
    case 'replicas':
    case 'slaves':
    case 'sentinels':
      return ofKnown(array([]))
    case 'ckquorum':
      return ofKnown(simple('OK 1 usable Sentinels. Quorum and failover authorization can be reached'))
    case 'myid':
      return bulk(announced.runId)
    default:
      return errorReply(
        `ERR The proxy refuses SENTINEL ${name.slice(0, 64).toUpperCase()}. Ask a Sentinel of the group.`,
      )
  }
}

function primaryFields({ primaryName, host, port, runId }: Announced, protocol: Protocol): Buffer {
  const fields = {
    name: primaryName,
    ip: host,
    port: String(port),
    runid: runId,
    flags: 'master',
    'link-pending-commands': '0',
    'link-refcount': '1',
    'last-ping-sent': '0',
    'last-ok-ping-reply': '0',
    'last-ping-reply': '0',
    'role-reported': 'master',
    'config-epoch': '0',
    'num-slaves': '0',
    'num-other-sentinels': '0',
    quorum: '1',
  }
  return map(
    Object.entries(fields).map(([field, value]) => [bulk(field), bulk(value)] as const),
    protocol,
  )
}

function infoOf({ primaryName, host, port, runId }: Announced): string {
  return [
    '# Server',
    'redis_version:7.0.0',
    'redis_mode:sentinel',
    `run_id:${runId}`,
    '',
    '# Sentinel',
    'sentinel_masters:1',
    'sentinel_tilt:0',
    `master0:name=${primaryName},status=ok,address=${formatAddress({ host, port })},slaves=0,sentinels=1`,
    '',
  ].join('\r\n')
}

function hello([version]: string[], state: SentinelConnectionState): Buffer {
  if (version !== undefined && version !== '2' && version !== '3') {
    return errorReply('NOPROTO unsupported protocol version')
  }
  if (version !== undefined) state.protocol = Number(version) as Protocol
  return map(
    [
      [bulk('server'), bulk('redis')],
      [bulk('version'), bulk('7.0.0')],
      [bulk('proto'), integer(state.protocol)],
      [bulk('id'), integer(1)],
      [bulk('mode'), bulk('sentinel')],
      [bulk('modules'), array([])],
    ],
    state.protocol,
  )
}

function subscription(command: string, channels: string[], state: SentinelConnectionState): Buffer {
  const isEnd = command.includes('un')
  const named = channels.length > 0 || !isEnd ? channels : [...state.channels]
  const confirmed = (named.length > 0 ? named : [null]).map((channel) => {
    if (channel !== null) state.channels[isEnd ? 'delete' : 'add'](channel)
    const parts = [
      bulk(command),
      channel === null ? nullArray(state.protocol) : bulk(channel),
      integer(state.channels.size),
    ]
    const mark = state.protocol === 3 ? '>' : '*'
    return Buffer.concat([Buffer.from(`${mark}${parts.length}\r\n`), ...parts])
  })
  return Buffer.concat(confirmed)
}
