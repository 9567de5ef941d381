/*
 * A promotion that is undone before everybody has heard of it (UNDONE_PROMOTION): the leader of the failover stands still,
 * and the primary that it replaced is back, or was never away. A Sentinel that has not heard of the failover, and finds that
 * one sane, makes the promoted one a replica of it again, and points the others back to it (Redis 7.0.15:
 * sentinelRefreshInstanceInfo, +convert-to-slave and +fix-slave-config).
 *
 * The rule that prevents it (watchdog/rules/demote-replaced-primary.ts): the watchdog of the replaced one's host makes that a
 * replica of its successor, as soon as whom it takes for the primary (redis/primary.ts) continues that one's history. A
 * primary that is a replica is not sane. Taken as given: a Sentinel, which waits for four publish-periods, does not
 * overtake it.
 */

/*
 * A watchdog points who still follows the replaced one to the promoted one before the leader does
 * (watchdog/rules/repoint-replicas-early.ts).
 */
#define MAY_HASTEN(r) \
  (phase == PROMOTED && isPrimary[chosen] && !isPrimary[r] && follows[r] != chosen && reign[r] == continued[chosen])

/* --- The rule --- */

/* The watchdog takes n for the primary: announced, or promoted out of the announced one's history and a replica under that. */
#define IS_ANNOUNCED(n) (newestConfig > 0 && n == newestPrimary)
#define IS_LATER(n, p) (p == newestPrimary && (ownReign[n] > newestConfig || !DEMOTES_BY_REIGN))
/* One that does not continue what the other one is primary of is left to Sentinel. */
#define HAS_REPLACED(n, p) \
  (n != p && isPrimary[n] && \
   ((CONTINUES(n, p) && (IS_ANNOUNCED(n) || IS_LATER(n, p))) || (IS_ANNOUNCED(n) && DEMOTES_UNNAMED)))
#define IS_REPLACED(p) (isPrimary[p] && (HAS_REPLACED(0, p) || HAS_REPLACED(1, p) || HAS_REPLACED(2, p)))
#define SUCCESSOR(p) (HAS_REPLACED(0, p) -> 0 : (HAS_REPLACED(1, p) -> 1 : 2))
/* At any moment. */
#define MAY_STEP_DOWN(p) (HOLDS_DEMOTION && IS_REPLACED(p))

/* --- A Sentinel that has not heard of the failover --- */

#define IS_UNAWARE(s) (configEpoch[s] < elections && !LEADS(s))

/* What it knows of that one may be from before it became a replica. */
#ifdef OLD_INFO
#define LOOKS_SANE(p) (!MAY_STEP_DOWN(p))
#else
#define LOOKS_SANE(p) (isPrimary[p] && !MAY_STEP_DOWN(p))
#endif
#define MAY_UNDO(s, n) \
  (IS_UNAWARE(s) && n != named[s] && LOOKS_SANE(named[s]) && (isPrimary[n] || follows[n] != named[s]))

inline undo(s, n) {
  printf("Sentinel %d has not heard of it and takes node %d for the primary\n", s, named[s]);
  if
  :: isPrimary[n] -> demote(n, named[s])
  :: else -> follow(n, named[s])
  fi
}
