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
  if
  :: HOLDS_SETTLE_TERM -> lookAgain()
  :: else
  fi
}

proctype Teller() {
end:
  do
  :: d_step { telling == UNTOLD && HAS_SEEN_IT && HOLDS_SETTLE -> telling = LOOKING }
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
  :: d_step { MAY_TELLER_TURN_TO(1) -> tellerTurnsTo(1) }
  :: d_step { MAY_TELLER_TURN_TO(2) -> tellerTurnsTo(2) }
  od
}
