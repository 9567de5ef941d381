import {
  array,
  bulk,
  errorReply,
  integer,
  map,
  nullBulk,
  OK,
  PONG,
  type Protocol,
  set,
  verbatim,
} from '../resp/reply.ts'

/** What one connection has set. */
export interface ConnectionState {
  readonly id: number
  /** The highest logical database, which holds the completion records. */
  readonly recordDb: number
  protocol: Protocol
  db: number
  name: string
}

export const newState = (id: number, recordDb: number): ConnectionState => ({
  id,
  recordDb,
  protocol: 2,
  db: 0,
  name: '',
})

/** Answers a command that concerns the connection alone, as a lone primary would. Changes the state. */
export function answerOf(name: string, args: readonly Buffer[], state: ConnectionState): Buffer {
  const [, first, second] = args
  switch (name) {
    case 'ping':
      return first === undefined ? PONG : bulk(first)
    case 'echo':
      return bulk(first ?? '')
    case 'select':
      return select(String(first), state)
    case 'role':
      return array([bulk('master'), integer(0), array([])])
    case 'wait':
      return wait(String(first), String(second))
    case 'client|id':
      return integer(state.id)
    case 'client|getname':
      return state.name === '' ? nullBulk(state.protocol) : bulk(state.name)
    case 'client|setname':
      return setName(String(second), state)
    case 'client|info':
    case 'client|list':
      return verbatim(
        `id=${state.id} name=${state.name} db=${state.db} resp=${state.protocol}\n`,
        state.protocol,
      )
    case 'client|getredir':
      return integer(-1)
    case 'client|trackinginfo':
      return map(
        [
          [bulk('flags'), set([bulk('off')], state.protocol)],
          [bulk('redirect'), integer(-1)],
          [bulk('prefixes'), array([])],
        ],
        state.protocol,
      )
    case 'client|reply':
      return second?.toString().toLowerCase() === 'on' ? OK : SYNTAX_ERROR
    case 'client|tracking':
      return second?.toString().toLowerCase() === 'off' ? OK : SYNTAX_ERROR
    default:
      return OK
  }
}

const SYNTAX_ERROR = errorReply('ERR syntax error')
const NOT_AN_INTEGER = errorReply('ERR value is not an integer or out of range')

/** Redis reads integers without a sign before them or zeros in front. */
const INTEGER = /^(?:0|-?[1-9]\d{0,17})$/

const MAX_INT = 2 ** 31 - 1
const NOT_AN_INT = errorReply(`ERR value is out of range, value must between ${-MAX_INT - 1} and ${MAX_INT}`)

/** Each answered write is confirmed already; a lone Redis has no replica that could confirm it again. */
function wait(replicas: string, timeout: string): Buffer {
  if (!INTEGER.test(replicas)) return NOT_AN_INTEGER
  if (!INTEGER.test(timeout)) return errorReply('ERR timeout is not an integer or out of range')
  return timeout.startsWith('-') ? errorReply('ERR timeout is negative') : integer(0)
}

/** The answer to HELLO. */
export function helloOf({ id, protocol }: ConnectionState, version: string): Buffer {
  return map(
    [
      [bulk('server'), bulk('redis')],
      [bulk('version'), bulk(version)],
      [bulk('proto'), integer(protocol)],
      [bulk('id'), integer(id)],
      [bulk('mode'), bulk('standalone')],
      [bulk('role'), bulk('master')],
      [bulk('modules'), array([])],
    ],
    protocol,
  )
}

function setName(name: string, state: ConnectionState): Buffer {
  if (/[^!-~]/.test(name)) {
    return errorReply('ERR Client names cannot contain spaces, newlines or special characters.')
  }
  state.name = name
  return OK
}

function select(text: string, state: ConnectionState): Buffer {
  if (!INTEGER.test(text)) return NOT_AN_INTEGER
  const db = Number(text)
  if (db < -MAX_INT - 1 || db > MAX_INT) return NOT_AN_INT
  if (db < 0 || db >= state.recordDb) return errorReply('ERR DB index is out of range')
  state.db = db
  return OK
}
