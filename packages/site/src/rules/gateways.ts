import { misplacedSettings } from '../file/gateway-settings.ts'
import { countOf, dataCentrePath, hostsOf, servicePath } from './hosts.ts'
import type { Rule } from './rule.ts'
import { holdfast, NGINX_DOCS, sharedTokenRedis } from './sources.ts'

/** Rules about gateways, applications and the load balancer in front of them. */
export const gatewayRules: readonly Rule[] = [
  {
    id: 'balancer-before-nothing',
    severity: 'error',
    summary: 'A load balancer has no server to send requests to.',
    why: 'HAProxy answers every request with 503, and nginx does not start with an empty list of servers.',
    fix: 'List the hosts behind the balancer, with `runs: [application]` or `runs: [gateway]`, or remove `balancer`.',
    source: NGINX_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        if (countOf(dataCentre, 'application') + countOf(dataCentre, 'gateway') > 0) continue
        for (const located of hostsOf(dataCentre, ['balancer'])) {
          yield {
            path: servicePath(located, 'balancer'),
            message: `${located.host.name} runs a balancer, but no host of ${dataCentre.name} runs an application or a gateway.`,
          }
        }
      }
    },
  },
  {
    id: 'several-applications',
    severity: 'warning',
    summary: 'Fewer than two hosts of a data centre run an application, a gateway or a proxy.',
    why: 'Tokens are shared so that users can move from one server to another; a single server shares them with no other. The firewall rendered from this file blocks every server that the file does not list.',
    fix: 'List every host that uses the tokens, with `runs: [application]`, `runs: [gateway]` or `runs: [proxy]`.',
    source: sharedTokenRedis('introduction'),
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const { length } = hostsOf(dataCentre, ['application', 'gateway', 'proxy'])
        if (length >= 2) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `${dataCentre.name} lists ${length === 0 ? 'no host' : 'only one host'} that uses the tokens.`,
        }
      }
    },
  },
  {
    id: 'proxy-unknown',
    severity: 'warning',
    summary: 'The file does not name the proxy in front of the gateways.',
    why: 'A gateway takes the address of each connection as the address of the client. Behind an unknown proxy, all users have one address and share one limit of login attempts: 200 wrong passwords block all logins.',
    fix: 'Give the proxy a host with `runs: [balancer]`, or name the address that it connects from: `gateway: { trustedProxies: [ADDRESS] }`. If clients reach the gateways without a proxy, set `trustedProxies: []`.',
    source: holdfast('docs/proxies/README.md'),
    *check({ dataCentres, gateway }) {
      if (gateway !== undefined && 'trustedProxies' in gateway) return
      for (const dataCentre of dataCentres) {
        if (countOf(dataCentre, 'gateway') === 0 || countOf(dataCentre, 'balancer') > 0) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `The gateways of ${dataCentre.name} have no balancer in this file, and \`gateway.trustedProxies\` names no proxy.`,
        }
      }
    },
  },
  {
    id: 'changed-passwords-differ',
    severity: 'warning',
    summary: 'Users may change their passwords at gateways that do not share one users file.',
    why: 'Each gateway host has its own users file. A user who changes a password changes it on one host only, and the old password stays valid at all other gateways.',
    fix: 'Remove `identities.changePasswords`, and set passwords with `holdfast users passwd` on every gateway host. Or keep the users in a directory or at a provider, or run one gateway host per data centre. If all gateway hosts mount one folder with the users file, ignore this warning.',
    source: holdfast('docs/identities.md'),
    *check({ dataCentres, gateway }) {
      const identities = gateway?.['identities'] as { changePasswords?: unknown } | null | undefined
      if (identities?.changePasswords !== true) return
      for (const dataCentre of dataCentres) {
        const gateways = countOf(dataCentre, 'gateway')
        if (gateways < 2) continue
        yield {
          path: ['gateway', 'identities', 'changePasswords'],
          message: `\`changePasswords\` is set, and ${gateways} hosts of ${dataCentre.name} run a gateway, each with its own users file.`,
        }
      }
    },
  },
  {
    id: 'gateway-settings',
    severity: 'error',
    summary: 'A setting under `gateway` is invalid, or does not belong there.',
    why: 'Every gateway receives these settings, and does not start with one that it cannot use. A setting that Holdfast renders itself would have two sources.',
    fix: 'Correct the setting, or remove it. Keep a password in a file on the gateway hosts, and name that file in the settings.',
    source: holdfast('docs/gateway-operations.md'),
    *check({ gateway }, _secrets, judge) {
      if (gateway === undefined) return
      const misplaced = [...misplacedSettings(gateway)]
      // The gateway's own check would report a misplaced setting again, in less helpful words.
      const found = misplaced.length > 0 ? misplaced : (judge?.(gateway) ?? [])
      for (const problem of found) yield { ...problem, path: ['gateway', ...problem.path] }
    },
  },
]
