import type { Source } from './rule.ts'

const REDIS_DOCS = 'https://redis.io/docs/latest/operate/oss_and_stack/management'

/** The document that Holdfast is based on, by section. */
export const sharedTokenRedis = (section: string): Source => ({
  title: `Itential, Shared Token Redis, ${section}`,
})

export const SENTINEL_DOCS: Source = {
  title: 'Redis documentation, High availability with Sentinel',
  url: `${REDIS_DOCS}/sentinel/`,
}

export const SECURITY_DOCS: Source = {
  title: 'Redis documentation, Security',
  url: `${REDIS_DOCS}/security/`,
}

export const ACL_DOCS: Source = {
  title: 'Redis documentation, ACL',
  url: `${REDIS_DOCS}/security/acl/`,
}

export const REDIS_CONF: Source = {
  title: 'Redis 7.0, the comments of redis.conf',
  url: 'https://github.com/redis/redis/blob/7.0/redis.conf',
}

export const EVICTION_DOCS: Source = {
  title: 'Redis documentation, Key eviction',
  url: 'https://redis.io/docs/latest/develop/reference/eviction/',
}

export const rfc = (number: number, title: string): Source => ({
  title: `RFC ${number}, ${title}`,
  url: `https://www.rfc-editor.org/rfc/rfc${number}`,
})

/** A page of this repository. */
export const holdfast = (page: string): Source => ({ title: `Holdfast, ${page}` })

export const measured = (what: string): Source => ({
  title: `Measured for Holdfast with Redis 7.0.15, three Redis and three Sentinels: ${what}`,
})

export const WIREGUARD_DOCS: Source = {
  title: 'WireGuard, Cryptokey routing',
  url: 'https://www.wireguard.com/#cryptokey-routing',
}

export const OWASP_SECRETS: Source = {
  title: 'OWASP, Secrets Management Cheat Sheet',
  url: 'https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html',
}

export const NGINX_DOCS: Source = {
  title: 'nginx documentation, ngx_http_upstream_module',
  url: 'https://nginx.org/en/docs/http/ngx_http_upstream_module.html',
}
