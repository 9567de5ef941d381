import { defineRule } from './rule.ts'

/**
 * Asks for a failover as soon as the process of a Redis of this agent has ended, as the kernel reports: a Redis that refuses or
 * closes connections may be alive. The action decides the rest by answers from after the end (`decideAfterDeath`).
 */
export const askForFailover = (limitMs: number) =>
  defineRule({
    name: 'ask for a failover',
    needs: ['exits'],
    initial: () => null,
    decide: ({ exits }) => ({
      actions: exits.map(({ redis, endedAtMs }) => ({
        kind: 'fail over' as const,
        dead: redis,
        limitMs,
        seenAtMs: endedAtMs,
      })),
      memory: null,
    }),
  })
