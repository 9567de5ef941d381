/*
 * A process that asks two nodes of three, one after the other, and joins their answers (store/read/reader.ts). It asks
 * when there is something to break, and remembers what held when it began.
 */
byte asked = NOBODY
byte firstAnswer
bit beganLoggedIn
bit beganLoggedOut

/* A log-out that was acknowledged, or told to somebody as done (settle.pml). */
#define IS_OVER (IS_LOGGED_OUT || telling == TOLD)

#define COUNTS(n) (isMarked[n] || !HOLDS_MARK)
#define MAY_ASK_FIRST(n) (asked == NOBODY && (IS_LOGGED_IN || IS_OVER) && COUNTS(n))
#define MAY_ASK_SECOND(n) (asked != NOBODY && (asked != n || !HOLDS_QUORUM) && COUNTS(n))

inline askFirst(n) {
  printf("quorum reader: node %d says %d\n", n, VALUE(n));
  asked = n;
  firstAnswer = VALUE(n);
  beganLoggedIn = IS_LOGGED_IN;
  beganLoggedOut = IS_OVER
}

#define JOINED(n) (firstAnswer > VALUE(n) -> firstAnswer : VALUE(n))
/* S1 and S2. It asks at any time after the acknowledgement, so also later than L after it. */
inline askSecond(n) {
  printf("quorum reader: node %d says %d\n", n, VALUE(n));
  assert(!(beganLoggedIn && IS_LOGGED_IN && JOINED(n) == ABSENT));
  assert(!(beganLoggedOut && JOINED(n) == LIVE));
  asked = NOBODY;
  firstAnswer = ABSENT;
  beganLoggedIn = 0;
  beganLoggedOut = 0
}

proctype QuorumReader() {
end:
  do
  :: d_step { MAY_ASK_FIRST(0) -> askFirst(0) }
  :: d_step { MAY_ASK_FIRST(1) -> askFirst(1) }
  :: d_step { MAY_ASK_FIRST(2) -> askFirst(2) }
  :: d_step { MAY_ASK_SECOND(0) -> askSecond(0) }
  :: d_step { MAY_ASK_SECOND(1) -> askSecond(1) }
  :: d_step { MAY_ASK_SECOND(2) -> askSecond(2) }
  od
}
