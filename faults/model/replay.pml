/*
 * What is re-applied after a change of primary: the writer's own journal (writers.pml), and what another process
 * heard on the feed (store/journal/recent-remote-writes.ts). Asserted: once every living process knows the newest primary and has
 * re-applied there what it keeps, that primary has all that was acknowledged and that a living process keeps.
 */
byte listener
byte listenerReign
bit hasHeard
bit mustCheck
/* It has heard of it, though it may have forgotten that since. */
bit everHeard

/* With an entry of an earlier term, only its writer has it. */
#ifdef EARLIER_ENTRY
#define HEARS false
#else
#define HEARS true
#endif
#define MAY_LISTEN (HEARS && !everHeard && isPrimary[listener] && VALUE(listener) >= WRITES(0))
#define IS_ONLY(n) (isPrimary[0] + isPrimary[1] + isPrimary[2] == isPrimary[n])
/* One that is elected again is not the newest by its reign, but by what the Sentinels announce. */
#ifdef REELECTION
#define IS_NEWEST(n) (isPrimary[n] && n == newestPrimary)
#define MAY_FOLLOW_TO(n) (isPrimary[n] && n != listener && (ownReign[n] > listenerReign || n == newestPrimary))
#elif defined(LATE_LEADER)
/* Nobody is elected any more: the only one that is left. */
#define IS_NEWEST(n) (isPrimary[n] && IS_ONLY(n))
#define MAY_FOLLOW_TO(n) \
  (isPrimary[n] && n != listener && (ownReign[n] > listenerReign || n == newestPrimary || !isPrimary[listener]))
#else
/* Where a promotion may be undone, the only one that is left. */
#define IS_NEWEST(n) (isPrimary[n] && (ownReign[n] == promotions || (MAY_BE_UNDONE && IS_ONLY(n))))
#define MAY_FOLLOW_TO(n) (n != listener && IS_NEWER(n, listener, listenerReign))
#endif
inline followTo(n) {
  printf("listener: takes node %d for the primary\n", n);
  listener = n;
  listenerReign = ownReign[n];
  mustCheck = hasHeard;
  endHeartbeat()
}

/*
 * A heartbeat that every planned replica has confirmed: they have all that the primary had when it was sent. So what was heard
 * before that, from this primary or after it was checked there, need not be kept any longer.
 */
bit isHeartbeatSent
byte heartbeatOffset
bit isCovered

inline endHeartbeat() {
  isHeartbeatSent = 0;
  heartbeatOffset = 0;
  isCovered = 0
}

#define MAY_SEND_HEARTBEAT (!isHeartbeatSent && isPrimary[listener] && (!hasHeard || !mustCheck || !CHECKS_BEFORE_HEARTBEAT))
inline sendHeartbeat() {
  printf("listener: sends a heartbeat to node %d\n", listener);
  isHeartbeatSent = 1;
  heartbeatOffset = offset[listener];
  isCovered = hasHeard
}

#define CONFIRMS_HEARTBEAT(r) (r == listener || (FOLLOWS(r, listener) && offset[r] >= heartbeatOffset))
#define IS_HEARTBEAT_COMPLETE \
  (isHeartbeatSent && isPrimary[listener] && CONFIRMS_HEARTBEAT(0) && CONFIRMS_HEARTBEAT(1) && CONFIRMS_HEARTBEAT(2))
inline completeHeartbeat() {
  printf("listener: every replica has confirmed it\n");
  if
  :: isCovered || !KEEPS_LATER_HEARD -> hasHeard = 0; mustCheck = 0
  :: else
  fi;
  endHeartbeat()
}

inline writeHeard() {
  if
  :: HOLDS_HEARD_WRITES && VALUE(listener) < WRITES(0) ->
       printf("listener: writes what it heard to node %d\n", listener);
       append(listener, WRITES(0))
  :: else
  fi;
  mustCheck = 0
}

proctype Listener() {
end:
  do
  :: d_step { MAY_LISTEN -> printf("listener: hears of it on the feed\n"); hasHeard = 1; everHeard = 1 }
#ifdef HEARTBEATS
  :: d_step { MAY_SEND_HEARTBEAT -> sendHeartbeat() }
  :: d_step { IS_HEARTBEAT_COMPLETE -> completeHeartbeat() }
#endif
#ifdef HEARD_BY_AGE
  :: d_step { hasHeard -> printf("listener: forgets it: it is old\n"); hasHeard = 0; mustCheck = 0 }
#endif
#if defined(REELECTION) || defined(UNDONE_PROMOTION) || defined(LATE_LEADER)
  :: d_step { MAY_FOLLOW_TO(0) -> followTo(0) }
#endif
  :: d_step { MAY_FOLLOW_TO(1) -> followTo(1) }
  :: d_step { MAY_FOLLOW_TO(2) -> followTo(2) }
  :: d_step { mustCheck && isPrimary[listener] -> writeHeard() }
  od
}

#define WRITER_IS_DONE(w) (isDead[w] || (primary[w] != NOBODY && IS_NEWEST(primary[w]) && journal[w] != TO_REPLAY))
#define IS_SETTLED(w) (acknowledged[w] && WRITER_IS_DONE(w) && IS_NEWEST(listener) && !mustCheck)
#define IS_KEPT(w) (!isDead[w] || (everHeard && WRITES(w) == WRITES(0)))
#ifdef REVOKE_WHAT_IS_FOUND
#define LACKS(n, w) (VALUE(n) == LIVE && WRITES(w) == REVOKED)
#else
#define LACKS(n, w) (VALUE(n) < WRITES(w))
#endif
#define IS_LOST(w) (IS_SETTLED(w) && IS_KEPT(w) && LACKS(listener, w))

proctype Settled() {
end:
  do
  :: d_step { IS_LOST(0) -> assert(false) }
#ifdef BOTH
  :: d_step { IS_LOST(1) -> assert(false) }
#endif
  od
}
