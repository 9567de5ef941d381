import { formatAddress } from '@holdfast/tokens/redis'
import { defineRule } from './rule.ts'

/**
 * Writes the group id into a data centre that has never held data. Stores trust only a Redis that has the group id.
 *
 * The id is written when a Redis of this host is an empty primary, and every other Redis answers and is empty as well, which
 * the action checks immediately before it writes. A Redis with data but without a group id is left alone, because it may
 * have lost data.
 * INV-AGENT-7.
 */
export const writeFirstGroupId = (id: string) =>
  defineRule({
    name: 'write the first group id',
    needs: ['views', 'data'],
    initial: () => null,
    decide: ({ views, data }) => {
      const isPrimary = (address: string) =>
        views.some((view) => formatAddress(view.address) === address && view.role === 'primary')
      return {
        actions: data.flatMap(({ redis, hasGroupId, isEmpty, askedAtMs }) =>
          !hasGroupId && isEmpty && isPrimary(formatAddress(redis))
            ? [{ kind: 'write group id' as const, redis, id, seenAtMs: askedAtMs }]
            : [],
        ),
        memory: null,
      }
    },
  })
