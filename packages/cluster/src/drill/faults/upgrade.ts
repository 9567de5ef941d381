import { upgradeOf } from '../../operate/upgrade/upgrade.ts'
import { operation } from './operation.ts'
import { labelOf } from './plan.ts'

/** Six restarts and a switchover, with what an unlucky one waits for (in milliseconds). */
const LIMIT_MS = 300_000

/** No fault, but what users must not notice either: every Redis and every Sentinel is restarted, one by one. */
export const upgrade = operation({
  action: 'upgrade',
  text: ({ victim }) => `restart every Redis and Sentinel one by one, the primary ${labelOf(victim)} at last`,
  done: () => 'every Redis and every Sentinel was restarted, one by one.',
  changesPrimary: true,
  limitMs: LIMIT_MS,
  async run({ tools }) {
    await upgradeOf(tools.dataCentre, {})
    return null
  },
})
