import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const aofFailing: Check = {
  id: 'aof-failing',
  severity: 'error',
  title: 'A Redis cannot write its data to disk',
  why: 'A primary refuses writes then, and what is not on disk is gone when the power fails.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis).flatMap(({ name, facts: { info, config } }) => {
      const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].filter(
        (field) => info[field] !== undefined && info[field] !== 'ok',
      )
      if (failed.length === 0) return []
      return {
        subject: name,
        evidence: `INFO says ${failed.map((field) => `${field}:${info[field]}`).join(', ')}.`,
        mend: `df -h ${config['dir']}, and look into its log for the reason.`,
      }
    }),
}
