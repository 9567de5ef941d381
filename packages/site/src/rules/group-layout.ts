import { allHosts, countOf, dataCentrePath, servicePath } from './hosts.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS, sharedTokenRedis } from './sources.ts'

/** Rules about the number of Redis and Sentinels in a data centre, and the hosts that run them. */
export const groupLayoutRules: readonly Rule[] = [
  {
    id: 'three-redis',
    severity: 'error',
    summary: 'A data centre has fewer than three Redis.',
    why: 'A login is acknowledged when a majority of the nodes has it. With two Redis, losing one host stops all logins. With one Redis, losing it ends all sessions.',
    fix: 'Let three hosts of the data centre run `redis`, each on its own machine.',
    source: sharedTokenRedis('number of servers'),
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const count = countOf(dataCentre, 'redis')
        if (count >= 3) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `${dataCentre.name} has ${count} Redis; at least three are required.`,
        }
      }
    },
  },
  {
    id: 'three-sentinels',
    severity: 'error',
    summary: 'A data centre has fewer than three Sentinels.',
    why: 'A failover needs a majority of the Sentinels. With two Sentinels, losing one host also loses the majority, and no replica is promoted.',
    fix: 'Let three hosts of the data centre run `sentinel`: the same hosts that run `redis`.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const count = countOf(dataCentre, 'sentinel')
        if (count >= 3) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `${dataCentre.name} has ${count} Sentinels; at least three are required.`,
        }
      }
    },
  },
  {
    id: 'odd-sentinels',
    severity: 'warning',
    summary: 'A data centre has an even number of Sentinels.',
    why: 'Four Sentinels survive the loss of one, exactly like three. But a network partition can split four into two halves, and neither half has a majority.',
    fix: 'Remove one Sentinel, or add one.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const count = countOf(dataCentre, 'sentinel')
        if (count < 3 || count % 2 === 1) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `${dataCentre.name} has ${count} Sentinels; the number should be odd.`,
        }
      }
    },
  },
  {
    id: 'redis-with-sentinel',
    severity: 'warning',
    summary: 'A host runs Redis without Sentinel, or Sentinel without Redis.',
    why: 'The failover rules were tested with one Redis and one Sentinel on each host. A partitioned host then loses its Redis and its vote together, and the side with the majority of votes also has the majority of the data.',
    fix: 'Let the same three hosts run both: `runs: [redis, sentinel]`.',
    source: sharedTokenRedis('a single Redis/Sentinel on each server'),
    *check(site) {
      for (const located of allHosts(site, ['redis', 'sentinel'])) {
        const { runs, name } = located.host
        if (runs.includes('redis') && runs.includes('sentinel')) continue
        const [has, lacks] = runs.includes('redis') ? ['Redis', 'Sentinel'] : ['Sentinel', 'Redis']
        yield {
          path: servicePath(located, 'redis', 'sentinel'),
          message: `${name} runs ${has} without ${lacks}.`,
        }
      }
    },
  },
  {
    id: 'runs-once',
    severity: 'error',
    summary: 'A host lists the same service twice.',
    why: 'Two Redis on one host count as two copies of the data, but a single failure loses both.',
    fix: 'List each service of a host once, and give a second Redis its own host.',
    source: sharedTokenRedis('a single Redis/Sentinel on each server'),
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        for (const [index, service] of host.runs.entries()) {
          if (host.runs.indexOf(service) === index) continue
          yield { path: [...path, 'runs', index], message: `${host.name} lists ${service} twice.` }
        }
      }
    },
  },
  {
    id: 'majority-quorum',
    severity: 'error',
    summary: 'The quorum is not a majority of the Sentinels.',
    why: 'With a lower quorum, a single Sentinel that is cut off marks the primary as down and starts failovers. With a higher quorum, a failover needs the Sentinel beside the lost primary, so it never starts.',
    fix: 'Remove `quorum`: the default is a majority, 2 of 3.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const { quorum } = dataCentre
        const sentinels = countOf(dataCentre, 'sentinel')
        const majority = Math.floor(sentinels / 2) + 1
        if (quorum === undefined || quorum === majority) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'quorum'],
          message: `The quorum is ${quorum}; a majority of ${sentinels} Sentinels is ${majority}.`,
        }
      }
    },
  },
]
