import { primaryOf } from '@holdfast/agent/group/health'
import type { Check } from '../finding.ts'

/** The beginning of the names that proxies give their connections to Redis. */
const PROXY_CLIENT = 'holdfast-proxy-'

const LOG = 'journalctl -u holdfast-proxy -n 20'

const proxyNotConnected: Check = {
  id: 'proxy-not-connected',
  severity: 'error',
  title: 'A Redis proxy is not connected to the primary',
  why: 'The clients on its host have no Redis: their commands wait, then fail with UNAVAILABLE.',
  needs: ['redis'],
  check: (snapshot) => {
    const primary = primaryOf(snapshot)
    if (primary === null) return []
    const connected = primary.facts.clients.filter(({ name }) => name.startsWith(PROXY_CLIENT))
    return snapshot.proxies
      .filter(({ seenAs }) => seenAs !== null && !connected.some(({ host }) => host === seenAs))
      .map(({ name, seenAs }) => ({
        subject: name,
        evidence: `${primary.name}, the primary, has no connection of a proxy from ${seenAs}.`,
        advice: `On ${name}, start the proxy, and look for the reason in its log:\nsystemctl enable --now holdfast-proxy.socket holdfast-proxy.service\n${LOG}`,
      }))
  },
}

const proxySilent: Check = {
  id: 'proxy-silent',
  severity: 'error',
  title: 'A Redis proxy does not answer',
  why: 'The clients on this host have no Redis: they cannot connect, or wait for an answer.',
  needs: ['a proxy here'],
  check: ({ proxies }) =>
    proxies.flatMap(({ name, at, here }) =>
      here === null || here.problem === null
        ? []
        : {
            subject: name,
            evidence: `${at}: ${here.problem}`,
            advice: `On ${name}, start the proxy, and look for the reason in its log:\nsystemctl enable --now holdfast-proxy.socket\nsystemctl restart holdfast-proxy\n${LOG}`,
          },
    ),
}

const proxyHeld: Check = {
  id: 'proxy-held',
  severity: 'error',
  title: 'A Redis proxy holds the commands of its clients',
  why: 'It waits for a primary. After `holdMs` each command fails with UNAVAILABLE.',
  needs: ['a proxy here'],
  check: ({ proxies }) =>
    proxies.flatMap(({ name, at, here }) =>
      here?.isHeld
        ? {
            subject: name,
            evidence: `${at} answers PING, but a login and a read got no answer in time.`,
            advice: `First fix what else is reported about the primary and the Sentinels. If nothing is, see what the proxy waits for, and whether this host reaches them:\n${LOG}`,
          }
        : [],
    ),
}

export const PROXY_CHECKS: readonly Check[] = [proxyNotConnected, proxySilent, proxyHeld]
