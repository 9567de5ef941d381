import type { IncomingMessage } from 'node:http'
import type { AskedRequest } from '../access/rules.ts'

/** The client's request to the proxy. */
export interface OriginalRequest extends AskedRequest {
  /** Such as `https://app.example.org`; null when the proxy did not send it in a trustworthy form. */
  origin: string | null
}

/**
 * Reads only the headers of the proxy in question: it sets them itself and overwrites the client's. A header of another
 * proxy may come from the client.
 */
export type ReadOriginal = (request: IncomingMessage) => OriginalRequest | null

/**
 * Path and query, in visible ASCII or raw bytes above it, which some clients send as UTF-8. Access rules refuse such bytes.
 * Node joins a repeated header with a space, which does not match.
 */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/
/** A host name or an address with an optional port: only text that is certainly a host may follow `https://`. */
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** nginx: `X-Original-Method` and `X-Original-URL` (`$scheme://$http_host$request_uri`). */
export const fromOriginalUrl: ReadOriginal = ({ headers }) => {
  const [, scheme, host, target] =
    /^(https?):\/\/([^/]*)(\/.*)$/.exec(single(headers['x-original-url']) ?? '') ?? []
  return original(single(headers['x-original-method']), scheme, host, target)
}

/** Traefik, and HAProxy with our script: `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`. */
export const fromForwarded: ReadOriginal = ({ headers }) =>
  original(
    single(headers['x-forwarded-method']),
    firstScheme(single(headers['x-forwarded-proto'])),
    single(headers['x-forwarded-host']),
    single(headers['x-forwarded-uri']),
  )

/** Envoy: it uses the client's method, and the target follows `prefix` on the request line. */
export const fromRequestLine =
  (prefix: string): ReadOriginal =>
  ({ method, url }) =>
    original(method, undefined, undefined, url?.slice(prefix.length))

function original(
  method: string | undefined,
  scheme: string | undefined,
  host: string | undefined,
  target: string | undefined,
): OriginalRequest | null {
  if (method === undefined || target === undefined || !TARGET.test(target)) return null
  const isOrigin = (scheme === 'https' || scheme === 'http') && host !== undefined && HOST.test(host)
  return { method, target, origin: isOrigin ? `${scheme}://${host}` : null }
}

/** The scheme that the browser used. With several proxies in a row, each appends its own to the list. */
const firstScheme = (text: string | undefined) => text?.split(',', 1)[0]?.trim().toLowerCase()

const single = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined)
