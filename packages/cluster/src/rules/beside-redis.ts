import type { Problem } from '../site/finding.ts'
import type { Service, Site } from '../site/site.ts'
import { allHosts, servicePath } from './places.ts'

/** The hosts of Redis or Sentinel that run one of these services, too. */
export function* besideRedis(site: Site, what: string, ...services: Service[]): Iterable<Problem> {
  for (const placed of allHosts(site, ['redis', 'sentinel'])) {
    if (!placed.host.runs.some((service) => services.includes(service))) continue
    yield {
      path: servicePath(placed, ...services),
      message: `${placed.host.name} runs ${what} beside Redis or Sentinel.`,
    }
  }
}
