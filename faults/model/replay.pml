/*
 * What is re-applied after a change of primary: the writer's own journal (writers.pml), and what another process
 * heard on the feed (store/heard-writes.ts). Asserted: once every living process knows the newest primary and has
 * re-applied there what it keeps, that primary has all that was acknowledged and that a living process keeps.
 */
byte listener
byte listenerReign
bit hasHeard
bit mustCheck

#define MAY_LISTEN (!hasHeard && isPrimary[listener] && VALUE(listener) >= WRITES(0))
/* One that is elected again is not the newest by its reign, but by what the Sentinels announce. */
#ifdef REELECTION
#define IS_NEWEST(n) (isPrimary[n] && n == newestPrimary)
#define MAY_FOLLOW_TO(n) (isPrimary[n] && n != listener && (ownReign[n] > listenerReign || n == newestPrimary))
#else
/* Where a promotion may be undone, the only one that is left. */
#define IS_ONLY(n) (isPrimary[0] + isPrimary[1] + isPrimary[2] == isPrimary[n])
#define IS_NEWEST(n) (isPrimary[n] && (ownReign[n] == promotions || (MAY_BE_UNDONE && IS_ONLY(n))))
#define MAY_FOLLOW_TO(n) (n != listener && IS_NEWER(n, listener, listenerReign))
#endif
inline followTo(n) {
  printf("listener: takes node %d for the primary\n", n);
  listener = n;
  listenerReign = ownReign[n];
  mustCheck = hasHeard
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
  :: d_step { MAY_LISTEN -> printf("listener: hears of it on the feed\n"); hasHeard = 1 }
#if defined(REELECTION) || defined(UNDONE_PROMOTION)
  :: d_step { MAY_FOLLOW_TO(0) -> followTo(0) }
#endif
  :: d_step { MAY_FOLLOW_TO(1) -> followTo(1) }
  :: d_step { MAY_FOLLOW_TO(2) -> followTo(2) }
  :: d_step { mustCheck && isPrimary[listener] -> writeHeard() }
  od
}

#define WRITER_IS_DONE(w) (isDead[w] || (primary[w] != NOBODY && IS_NEWEST(primary[w]) && journal[w] != TO_REPLAY))
#define IS_SETTLED(w) (acknowledged[w] && WRITER_IS_DONE(w) && IS_NEWEST(listener) && !mustCheck)
#define IS_KEPT(w) (!isDead[w] || (hasHeard && WRITES(w) == WRITES(0)))
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
