/*
 * A process that has seen a tombstone, acknowledged or not, and tells it as *revoked* when it is sure to stay
 * (store/cache/durability.ts): it looks at every node, and then, when they do not all have it, at the Sentinels.
 * Who was told so is never told *active* again (quorum.pml). One election at most: the reign is the epoch.
 */
#define UNTOLD 0
#define LOOKING 1
#define ASKING 2
#define TOLD 3
byte telling

/* The node that it takes for the primary, and that one's reign. */
byte teller
byte tellerReign
/* Bit sets: nodes looked at, nodes that have the tombstone, Sentinels that answered. */
byte lookedAt
byte holding
byte answeredTeller
byte toldEpoch
/* The primary answered the look. */
bit isReached = 1

#define HAS_TOMBSTONE(n) (VALUE(n) == REVOKED && isMarked[n])
#define HAS_SEEN_IT (HAS_TOMBSTONE(0) || HAS_TOMBSTONE(1) || HAS_TOMBSTONE(2))
#define BITS(set) ((set & 1) + ((set >> 1) & 1) + ((set >> 2) & 1))

inline lookAgain() {
  telling = UNTOLD;
  lookedAt = 0;
  holding = 0;
  answeredTeller = 0;
  isReached = 1
}

inline tell() {
  printf("teller: answers revoked\n");
  lookAgain();
  telling = TOLD
}

#define MAY_LOOK(n) (telling == LOOKING && !(lookedAt & (1 << n)))
inline look(n) {
  printf("teller: node %d says %d\n", n, VALUE(n));
  lookedAt = lookedAt | (1 << n);
  if
  :: HAS_TOMBSTONE(n) -> holding = holding | (1 << n)
  :: else
  fi
}

/*
 * The primary must have it: that of a new term may be the one that lacks it, and the others are about to become like
 * it. With SETTLE_WITHOUT_PRIMARY all the others are enough, and so are any two and a clear barrier; with
 * SETTLE_UNREACHED_PRIMARY all the others, when the primary does not answer.
 */
#ifdef SETTLE_UNREACHED_PRIMARY
#define ALL_HAVE_IT (holding == 7 || (!isReached && (holding | (1 << teller)) == 7))
#define TWO_HAVE_IT (BITS(holding) >= 2 && (holding & (1 << teller)))
#elif defined(SETTLE_WITHOUT_PRIMARY)
#define ALL_HAVE_IT (holding != 0 && (holding | (1 << teller)) == 7)
#define TWO_HAVE_IT (BITS(holding) >= 2)
#else
#define ALL_HAVE_IT (holding == 7)
#define TWO_HAVE_IT (BITS(holding) >= 2 && (holding & (1 << teller)))
#endif
inline weigh() {
  if
  :: ALL_HAVE_IT -> tell()
  :: !ALL_HAVE_IT && TWO_HAVE_IT -> telling = ASKING
  :: else -> lookAgain()
  fi
}

#define MAY_ASK_SENTINEL(s) (telling == ASKING && !(answeredTeller & (1 << s)))
inline askForTeller(s) {
  printf("teller: Sentinel %d answers PING, epoch %d\n", s, epoch[s]);
  answeredTeller = answeredTeller | (1 << s);
  if
  :: epoch[s] > toldEpoch -> toldEpoch = epoch[s]
  :: else
  fi
}

inline judgeForTeller() {
  if
  :: toldEpoch <= tellerReign -> tell()
  :: else -> lookAgain()
  fi
}

#define MAY_TELLER_TURN_TO(n) (telling != TOLD && isPrimary[n] && ownReign[n] > tellerReign)
inline tellerTurnsTo(n) {
  printf("teller: takes node %d for the primary: a new term\n", n);
  teller = n;
  tellerReign = ownReign[n];
#ifdef OLDER
  feedFrom = NEVER;
  isBeatConfirmed = 0;
#endif
  if
  :: HOLDS_SETTLE_TERM -> lookAgain()
  :: else
  fi
}

#ifdef OLDER
/*
 * The feed from the primary begins at an offset, at any moment; a heartbeat that is sent later is confirmed by both
 * replicas. What the primary has and the feed did not carry is older than the heartbeat, so all nodes have it.
 * Without BOTH_WAYS this is the only way to tell. OLDER_WITHOUT_BEAT and OLDER_RECEIVED leave out the two conditions.
 */
byte feedFrom = NEVER
bit isBeatConfirmed
#define HAS_HAD(r) (FOLLOWS(r, teller) && offset[r] >= feedFrom)
#define IS_OTHER(r) (teller != r)
#define MAY_START_FEED (telling != TOLD && feedFrom == NEVER)
#define MAY_SETTLE_BEAT (telling != TOLD && feedFrom != NEVER && !isBeatConfirmed \
  && (!IS_OTHER(0) || HAS_HAD(0)) && (!IS_OTHER(1) || HAS_HAD(1)) && (!IS_OTHER(2) || HAS_HAD(2)))
#ifdef OLDER_WITHOUT_BEAT
#define IS_CONFIRMED (feedFrom != NEVER)
#else
#define IS_CONFIRMED isBeatConfirmed
#endif
#ifdef OLDER_RECEIVED
#define IS_RECEIVED false
#else
#define IS_RECEIVED (revokedAt[teller] > feedFrom)
#endif
#define IS_OLDER (telling != TOLD && IS_CONFIRMED && HAS_TOMBSTONE(teller) && !IS_RECEIVED)
inline startFeed() {
  printf("teller: the feed of node %d begins at offset %d\n", teller, offset[teller]);
  feedFrom = offset[teller]
}
inline settleBeat() {
  printf("teller: a heartbeat through node %d is confirmed by both replicas\n", teller);
  isBeatConfirmed = 1
}
#endif

proctype Teller() {
end:
  do
#if !defined(OLDER) || defined(BOTH_WAYS)
  :: d_step { telling == UNTOLD && HAS_SEEN_IT && HOLDS_SETTLE -> telling = LOOKING }
#endif
  :: d_step { telling == UNTOLD && HAS_SEEN_IT && !HOLDS_SETTLE -> tell() }
  :: d_step { MAY_LOOK(0) -> look(0) }
  :: d_step { MAY_LOOK(1) -> look(1) }
  :: d_step { MAY_LOOK(2) -> look(2) }
#ifdef SETTLE_UNREACHED_PRIMARY
  :: d_step { MAY_LOOK(teller) -> lookedAt = lookedAt | (1 << teller); isReached = 0 }
#endif
  :: d_step { telling == LOOKING && lookedAt == 7 -> weigh() }
  :: d_step { MAY_ASK_SENTINEL(0) -> askForTeller(0) }
  :: d_step { MAY_ASK_SENTINEL(1) -> askForTeller(1) }
  :: d_step { MAY_ASK_SENTINEL(2) -> askForTeller(2) }
  :: d_step { telling == ASKING && BITS(answeredTeller) >= 2 -> judgeForTeller() }
#ifdef OLDER
  :: d_step { MAY_START_FEED -> startFeed() }
  :: d_step { MAY_SETTLE_BEAT -> settleBeat() }
  :: d_step { IS_OLDER -> tell() }
#endif
  :: d_step { MAY_TELLER_TURN_TO(1) -> tellerTurnsTo(1) }
  :: d_step { MAY_TELLER_TURN_TO(2) -> tellerTurnsTo(2) }
  od
}
