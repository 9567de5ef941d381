/*
 * One session that is replaced by another (`rotate`) while "end all my sessions" runs (store/session/session-store.ts, scripts/rotate.lua,
 * scripts/revoke.lua), on one primary. The commands of each come in any order, and a rotation may be sent again, also late.
 * Asserted: after "end all" was acknowledged neither session is live.
 */
#define ABSENT 0
#define LIVE 1
#define REVOKED 2

byte old = LIVE
byte fresh
/* The key that says which session replaced the old one. */
bit isLinked
bit isListed
bit isEnded

inline revoke(record) {
  if
  :: record != ABSENT -> record = REVOKED
  :: else
  fi
}
inline store(record) {
  if
  :: record == ABSENT -> record = LIVE
  :: else
  fi
}

/* One command: it stores the new session unless the old one was ended, and ends the old one. */
inline rotateAtOnce() {
  if
  :: fresh == ABSENT && old == REVOKED -> printf("rotate: the old one was ended\n")
  :: fresh == REVOKED && old != REVOKED -> printf("rotate: the new one was ended\n")
  :: else -> printf("rotate: the new one replaces the old one\n"); isLinked = 1; store(fresh); revoke(old)
  fi
}

proctype Rotate() {
  byte seen;
  do
  :: atomic { seen = old; printf("rotate: the old one is %d\n", seen) };
     if
     :: seen != LIVE -> break
     :: seen == LIVE
     fi;
#ifdef ROTATE_IN_TWO
     d_step { printf("rotate: stores the new one\n"); store(fresh) };
     d_step { printf("rotate: ends the old one\n"); revoke(old) };
#else
     d_step { rotateAtOnce() };
     /* The outcome was unknown: the same command once more. */
     d_step { rotateAtOnce() };
#endif
     break
  od
}

proctype EndAll() {
  byte found;
  bit isFound;
  atomic { printf("end all: lists old %d, new %d\n", old, fresh); found = old; isFound = (fresh == LIVE) };
  d_step {
    printf("end all: writes its tombstones\n");
    if
    :: found == LIVE -> revoke(old)
    :: else
    fi;
    if
    :: isFound -> revoke(fresh)
    :: else
    fi;
#ifndef NO_REPLACEMENT_LINK
    if
    :: found == LIVE && isLinked -> revoke(fresh)
    :: else
    fi
#endif
  };
  isEnded = 1
}

proctype Ended() {
end:
  do
  :: d_step { isEnded && (old == LIVE || fresh == LIVE) -> assert(false) }
  od
}

init {
  atomic { run Rotate(); run EndAll(); run Ended() }
}
