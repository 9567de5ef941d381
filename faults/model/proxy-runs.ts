import { breaksSoon, holds, type Run } from './run.ts'

/** No election: sockets are abandoned, and the primary stays the same. */
const NO_ELECTION = ['PROXY', 'ELECTIONS=0']
/** One election of any replica. Its loss is repaired from the journal. */
const REPAIRED = ['PROXY', 'ANY_REPLICA']
/** The second election may choose the first primary again. */
const ELECTED_AGAIN = [...REPAIRED, 'ELECTIONS=2']
/** One election, of the replica that has the most: an answered batch is there at any moment. */
const VISIBLE = ['PROXY', 'VISIBLE']

/** The searches of the Redis proxy: each less than five seconds on one core. */
export const PROXY_RUNS: readonly Run[] = [
  holds(
    'proxy',
    'a batch of the proxy is done at most once, and is not lost once it was answered; two elections of any replica',
    ELECTED_AGAIN,
  ),
  holds('proxy-vanish', 'no batch is done twice when the completion record vanishes', [
    ...REPAIRED,
    'RECORD_VANISHES',
  ]),
  holds('proxy-visible', 'the newest primary has every answered batch at any moment', VISIBLE),

  breaksSoon('proxy-no-guard', 'the proxy looks at the record and sends without WATCH', [
    ...NO_ELECTION,
    'NO_GUARD',
  ]),
  breaksSoon(
    'proxy-no-guard-elected-again',
    'the proxy sends without WATCH, and the late bytes reach a primary that is elected again',
    [...ELECTED_AGAIN, 'NO_GUARD', 'NO_RECONNECT', 'BATCHES=1'],
  ),
  breaksSoon('proxy-look-then-watch', 'the proxy looks at the record before it watches the record', [
    ...NO_ELECTION,
    'LOOK_THEN_WATCH',
  ]),
  breaksSoon('proxy-unanswered-watch', 'the proxy sends a batch behind a WATCH that was not answered', [
    ...NO_ELECTION,
    'UNANSWERED_WATCH',
  ]),
  breaksSoon('proxy-absent-is-nothing', 'an absent record means that nothing was done', [
    ...NO_ELECTION,
    'RECORD_VANISHES',
    'ABSENT_IS_NOTHING_DONE',
  ]),
  breaksSoon('proxy-no-journal', 'the proxy forgets a batch when it has answered it', [
    ...REPAIRED,
    'NO_JOURNAL',
  ]),
  breaksSoon('proxy-journal-connected', 'the proxy forgets a batch when the connected replicas have it', [
    ...REPAIRED,
    'JOURNAL_CONNECTED',
  ]),
  breaksSoon('proxy-read-at-once', 'the proxy answers reads before it has sent its journal again', [
    ...REPAIRED,
    'READ_AT_ONCE',
  ]),
  breaksSoon('proxy-no-barrier', 'the proxy answers a confirmed batch without the epoch barrier', [
    ...VISIBLE,
    'NO_BARRIER',
  ]),
  breaksSoon(
    'proxy-no-term',
    'the proxy answers a batch that was confirmed before it found another primary',
    [...VISIBLE, 'NO_TERM'],
  ),
  breaksSoon('proxy-no-fence', 'the proxy writes nothing before WAIT when it found a batch done', [
    ...VISIBLE,
    'NO_FENCE',
  ]),
  breaksSoon(
    'proxy-unnoticed-demotion',
    'the proxy does not notice that its primary is demoted and elected again',
    [...ELECTED_AGAIN, 'UNNOTICED_DEMOTION'],
  ),

  breaksSoon('limit-two-proxies', 'all rules, but another proxy writes the same key', [
    ...REPAIRED,
    'OTHER_PROXY',
  ]),
]

/** The searches of the proxy to run by hand. */
export const LARGE_PROXY_RUNS: readonly Run[] = [
  holds('proxy-two-abandoned', 'bytes of two abandoned sockets may arrive at any moment', [
    ...ELECTED_AGAIN,
    'SOCKETS=3',
  ]),
  holds('proxy-look-behind', 'the proxy reads the record behind each batch, and does not notice a demotion', [
    ...ELECTED_AGAIN,
    'UNNOTICED_DEMOTION',
    'LOOK_BEHIND',
  ]),
]
