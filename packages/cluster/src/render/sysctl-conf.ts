import type { Host } from '../site/site.ts'
import { line } from './directive.ts'
import type { Document } from './document.ts'
import { ini } from './formats.ts'
import { SOURCE } from './sources.ts'

/** The kernel's settings of a host that runs Redis, for `sysctl`. */
export function sysctlConf(host: Host): Document {
  return {
    heading: `Rendered by Holdfast for ${host.name}: change holdfast.yaml instead. Loaded at boot, and by: sysctl --system`,
    format: ini,
    blocks: [
      {
        title: '',
        directives: [
          line(
            'vm.overcommit_memory',
            '1',
            'Redis forks to rewrite its file. Without this the kernel may refuse the fork while less than half of the memory is free, and Redis then refuses writes.',
            SOURCE.redisAdministration,
          ),
        ],
      },
    ],
  }
}
