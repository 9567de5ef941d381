import type { IncomingMessage } from 'node:http'
import type { AskedRequest } from '../access/rules.ts'

/** The client's request to the proxy. */
export interface OriginalRequest extends AskedRequest {
  /** `https://app.example.org`; null when the proxy did not say it in a form that can be trusted. */
  origin: string | null
}

/**
 * Each proxy's own words are read, and no others: it sets those headers itself and overwrites what a client sent. A
 * header of another proxy's may come from the client.
 */
export type ReadOriginal = (request: IncomingMessage) => OriginalRequest | null

/** Path and query, in visible ASCII: a header that came twice was joined with a blank, and is none. */
const TARGET = /^\/[\x21-\x7e]*$/
/** A name or an address with a port if any: what may stand behind `https://` and is sure to be a host. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** nginx: `X-Original-Method` and `X-Original-URL` (`$scheme://$http_host$request_uri`). */
export const fromOriginalUrl: ReadOriginal = ({ headers }) => {
  const [, scheme, host, target] =
    /^(https?):\/\/([^/]*)(\/.*)$/.exec(single(headers['x-original-url']) ?? '') ?? []
  return original(single(headers['x-original-method']), scheme, host, target)
}

/** Traefik, and HAProxy by our script: `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`. */
export const fromForwarded: ReadOriginal = ({ headers }) =>
  original(
    single(headers['x-forwarded-method']),
    single(headers['x-forwarded-proto']),
    single(headers['x-forwarded-host']),
    single(headers['x-forwarded-uri']),
  )

/** Envoy: the method is its own, and the target follows `prefix` on the request line. */
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

const single = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined)
