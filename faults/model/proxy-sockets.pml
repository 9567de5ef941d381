/*
 * The proxy's sockets to the nodes, and what it knows on the current one. The other sockets are abandoned: what is under way on them
 * arrives at any moment, or never.
 */
#ifndef SOCKETS
#define SOCKETS 2
#endif
#define NO_SOCKET SOCKETS

/* What is under way on a socket; a batch is its number. */
#define WATCH 8
#define GET 9
chan sent[SOCKETS] = [5] of { byte }
/* How many batches are among that. */
byte batches[SOCKETS]
byte node[SOCKETS]
/* The server's side of it: the record is watched, and has changed since. */
bit isWatched[SOCKETS]
bit isTouched[SOCKETS]

inline touch(s, n) {
  if
  :: isWatched[s] && node[s] == n -> isTouched[s] = 1
  :: else
  fi
}
inline touchRecord(n) {
  touch(0, n); touch(1, n);
#if SOCKETS > 2
  touch(2, n)
#endif
}

/* --- The proxy --- */

/* The socket that it uses, and the primary that it knows, by which epoch. */
byte current = NO_SOCKET
byte known
byte knownEpoch
/* Used within a step. */
bit isStillConfirmed
byte abandoned
byte command
/* The batch behind the last one that is known to be done on this socket's node; 0 until the record was read. */
byte next
/* The last batch that was written to this socket. */
byte written
/* WAIT behind the last batch has returned in this term. */
bit isConfirmed
/* The next batch to answer was found done: nothing was written on this socket. */
bit isFound
/* Batches 1 to `answered` are answered, and 1 to `forgotten` are no longer kept. */
byte answered
byte forgotten
/* A record is gone: UNCERTAIN. */
bit isOver

/* A socket may be used again when no batch is under way on it: nothing else that arrives there matters. */
#define IS_FREE(s) (current != s && batches[s] == 0)
#if SOCKETS > 2
#define FREE_SOCKET (IS_FREE(0) -> 0 : (IS_FREE(1) -> 1 : (IS_FREE(2) -> 2 : NO_SOCKET)))
#else
#define FREE_SOCKET (IS_FREE(0) -> 0 : (IS_FREE(1) -> 1 : NO_SOCKET))
#endif

inline closeIfFree(s) {
  if
  :: IS_FREE(s) ->
       node[s] = 0; isWatched[s] = 0; isTouched[s] = 0;
       do
       :: len(sent[s]) == 0 -> break
       :: len(sent[s]) > 0 -> sent[s]?command
       od;
       command = 0
  :: else
  fi
}

inline abandon() {
  printf("proxy: abandons socket %d\n", current);
  forgetTerm();
  abandoned = current;
  current = NO_SOCKET;
  closeIfFree(abandoned);
  abandoned = 0
}
inline forgetTerm() {
  next = 0;
  written = 0;
  isConfirmed = 0;
  isFound = 0
}
/* The proxy notices before the same node is promoted again. */
#ifdef UNNOTICED_DEMOTION
#define NOTICES_DEMOTION false
#else
#define NOTICES_DEMOTION true
#endif
inline leaveDemoted(n) {
  if
  :: NOTICES_DEMOTION && current != NO_SOCKET && node[current] == n -> abandon()
  :: else
  fi
}
