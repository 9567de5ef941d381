/*
 * A process that verifies under a lease: store/feed/heartbeat.ts, store/feed/feed.ts, store/cache/lease.ts, store/cache/near-cache.ts and the way
 * to the primary alone in store/read/reader.ts.
 *
 * No clock: a lease that is valid for L, at a time later than L after a log-out's acknowledgement, was proved by a
 * beat that was sent after it. Only such a lease may not answer *active*, so of a lease no more is kept than
 * whether its beat was sent after the acknowledgement.
 */

/* The node that it takes for the primary, and that one's reign. */
byte reader
byte readerReign
/* Its subscription there, and how much of that node's history it has heard. */
bit isSubscribed
byte heardOffset
/* What it knows: a live record of this subscription; a tombstone, once and for all. */
bit isCachedLive
bit isKnownRevoked

#define NO_BEAT 0
#define BEAT_SENT 1
#define BEAT_CONFIRMED 2
byte beat
byte beatOffset
bit beatIsLate

#define NO_LEASE_YET 0
#define EARLY_LEASE 1
#define LATE_LEASE 2
byte lease

inline loseFeed() {
  isSubscribed = 0;
  heardOffset = 0;
  isCachedLive = 0;
  beat = NO_BEAT;
  beatOffset = 0;
  beatIsLate = 0;
  lease = NO_LEASE_YET
}

/* A newer one; or any, when the one that it knew says that it is a replica again. */
#define IS_NEWER(n, p, itsReign) (isPrimary[n] && (ownReign[n] > itsReign || (MAY_BE_UNDONE && !isPrimary[p])))
#define MAY_TURN_TO(n) (!isKnownRevoked && IS_NEWER(n, reader, readerReign))
inline turnTo(n) {
  printf("reader: takes node %d for the primary\n", n);
  reader = n;
  readerReign = ownReign[n];
  loseFeed()
}

#define MAY_SUBSCRIBE (!isKnownRevoked && !isSubscribed && isPrimary[reader])
inline subscribe() {
  printf("reader: subscribes to the feed of node %d\n", reader);
  isSubscribed = 1;
  heardOffset = offset[reader]
}

/* From now on it answers *revoked*, whatever happens: nothing else need be known of it. */
inline learnRevoked() {
  printf("reader: knows the tombstone\n");
  isKnownRevoked = 1;
  loseFeed()
}

/* A record is published when it is merged, in the order of the history. */
inline hearFeed() {
  heardOffset++;
  printf("reader: hears message %d of node %d on the feed\n", heardOffset, reader);
  if
  :: heardOffset >= revokedAt[reader] -> learnRevoked()
  :: heardOffset < revokedAt[reader] && heardOffset >= liveAt[reader] -> isCachedLive = 1
  :: else
  fi
}

#define MAY_BEAT (isSubscribed && beat == NO_BEAT && isPrimary[reader])
inline sendBeat() {
  printf("reader: sends a beat to node %d\n", reader);
  beat = BEAT_SENT;
  beatOffset = offset[reader];
  beatIsLate = IS_LOGGED_OUT
}

/* A beat is a write: who confirms it follows this node now, after it was sent. */
#define FOLLOWS_READER(r) (FOLLOWS(r, reader) && CARRIES(r, reader) && offset[r] >= beatOffset)
#define MAY_CONFIRM_BEAT \
  (beat == BEAT_SENT && isPrimary[reader] && (FOLLOWS_READER(0) || FOLLOWS_READER(1) || FOLLOWS_READER(2)))
#define MAY_PROVE \
  ((beat == BEAT_CONFIRMED || (beat == BEAT_SENT && !BEAT_NEEDS_REPLICA)) && \
   (heardOffset >= beatOffset || !BEAT_NEEDS_FEED))

inline prove() {
  printf("reader: has a lease of its beat\n");
  lease = (beatIsLate -> LATE_LEASE : EARLY_LEASE);
  beat = NO_BEAT;
  beatOffset = 0;
  beatIsLate = 0
}

/*
 * The process stood still, its clock, too (a paused machine), and goes on later than L after the log-out was acknowledged. By
 * that clock a lease from before is still valid, and so is a lease by a beat that was sent before. Another clock went on.
 */
#ifdef STANDING_CLOCK
bit isOverdue
#define IS_OVERDUE isOverdue
inline goOn() {
  printf("reader: goes on after L\n");
  isOverdue = 1;
  if
  :: CHECKS_CLOCKS -> lease = NO_LEASE_YET
  :: else
  fi;
  if
  :: CHECKS_CLOCKS_OF_BEATS -> beat = NO_BEAT; beatOffset = 0; beatIsLate = 0
  :: else
  fi
}
#else
#define IS_OVERDUE false
#endif

#define HAS_LEASE (lease != NO_LEASE_YET || !HOLDS_LEASE)

/* S2: never later than L after a log-out was acknowledged. */
inline answerActive() {
  printf("reader: answers active\n");
  assert(!(IS_LOGGED_OUT && (lease == LATE_LEASE || !HOLDS_LEASE || IS_OVERDUE)))
}

/* S1: never after a login was acknowledged; and no L softens that. */
inline answerUnknown() {
  printf("reader: answers inactive\n");
  assert(!IS_LOGGED_IN)
}

inline readPrimary() {
  if
  :: VALUE(reader) == REVOKED -> learnRevoked()
  :: VALUE(reader) == LIVE -> isCachedLive = isSubscribed; answerActive()
  :: VALUE(reader) == ABSENT && TRUSTS_UNKNOWN -> answerUnknown()
  :: else
  fi
}

proctype LeasedReader() {
end:
  do
#ifdef UNDONE_PROMOTION
  :: d_step { MAY_TURN_TO(0) -> turnTo(0) }
#endif
  :: d_step { MAY_TURN_TO(1) -> turnTo(1) }
  :: d_step { MAY_TURN_TO(2) -> turnTo(2) }
#ifdef UNDONE_PROMOTION
  :: d_step { isSubscribed && !isPrimary[reader] -> loseFeed() }
#endif
#ifdef STANDING_CLOCK
  :: d_step { IS_LOGGED_OUT && !isOverdue && !isKnownRevoked -> goOn() }
#endif
  :: d_step { MAY_SUBSCRIBE -> subscribe() }
  :: d_step { isSubscribed && isPrimary[reader] && heardOffset < offset[reader] -> hearFeed() }
  :: d_step { MAY_BEAT -> sendBeat() }
  :: d_step { MAY_CONFIRM_BEAT -> beat = BEAT_CONFIRMED }
  :: d_step { MAY_PROVE -> prove() }
  :: d_step { HAS_LEASE && isCachedLive -> answerActive() }
  :: d_step { HAS_LEASE && !isKnownRevoked -> readPrimary() }
  od
}
