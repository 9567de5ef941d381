import type { JsonValue, TokenStore } from '@holdfast/tokens'
import { createClient } from '../../src/index.ts'
import { memoryStore, startGateway } from '../support.ts'

const asker = createClient('billing', ['introspect'])
const ender = createClient('mobile', ['revoke'])

export const ISSUER = 'https://id.example.org'
export const ASKER = { id: 'billing', secret: asker.secret }
export const ENDER = { id: 'mobile', secret: ender.secret }

type Form = Record<string, string> | [string, string][]

/** A gateway with two clients and a session. */
export async function startWithClients(
  options: { store?: TokenStore; claims?: Record<string, JsonValue>; issuer?: string } = {},
) {
  const issuing = memoryStore()
  const store = options.store ?? issuing
  const session = await issuing.issue({ subject: 'ada', claims: options.claims ?? {} })
  const oauth = { clients: [asker.entry, ender.entry], ...(options.issuer && { issuer: options.issuer }) }
  const gateway = await startGateway({ store, config: { oauth } })
  const post = (path: string, form: Form, headers: Record<string, string> = {}) =>
    fetch(gateway.url + path, { method: 'POST', headers, body: new URLSearchParams(form) })
  return {
    gateway,
    store,
    session,
    post,
    introspect: (form: Form, headers: Record<string, string> = basic(ASKER)) =>
      post('/introspect', form, headers),
    revoke: (form: Form, headers: Record<string, string> = basic(ENDER)) => post('/revoke', form, headers),
  }
}

/** RFC 6749, section 2.3.1: both parts form-encoded. */
export function basic({ id, secret }: { id: string; secret: string }) {
  const part = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
  return { authorization: `Basic ${Buffer.from(`${part(id)}:${part(secret)}`).toString('base64')}` }
}
