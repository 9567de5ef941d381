/*
 * The Redis proxy: one upstream connection that sends its batches again after a lost answer or a failover. Each batch is a
 * transaction that also sets the completion record to the batch's number. Commands that are under way on a socket arrive in their order
 * and at any moment, also long after the proxy has abandoned the socket.
 *
 * Asserted: no history has a batch twice or in the wrong order, and what was answered is there once the proxy has sent again what it
 * keeps (with VISIBLE: always).
 */

/* --- The rules, each of which a define takes out --- */

/* The record is not watched. */
#ifdef NO_GUARD
#define HOLDS_GUARD false
#else
#define HOLDS_GUARD true
#endif
/* The record is watched after it was read. */
#ifdef LOOK_THEN_WATCH
#define WATCHES_FIRST false
#else
#define WATCHES_FIRST true
#endif
/* A batch is sent behind a WATCH that was not answered. */
#ifdef UNANSWERED_WATCH
#define WAITS_FOR_WATCH false
#else
#define WAITS_FOR_WATCH true
#endif
/* A record that is gone counts as a record from before the first batch. */
#ifdef ABSENT_IS_NOTHING_DONE
#define ABSENT_IS_UNKNOWN false
#else
#define ABSENT_IS_UNKNOWN true
#endif
/* A batch is forgotten when the connected replicas have it. */
#ifdef JOURNAL_CONNECTED
#define NEEDS_PLANNED false
#else
#define NEEDS_PLANNED true
#endif
/* Reads are answered before everything was sent again. */
#ifdef READ_AT_ONCE
#define READS_WAIT false
#else
#define READS_WAIT true
#endif
/* A batch that was confirmed is answered although the proxy has found another primary since. */
#ifdef NO_TERM
#define KEEPS_CONFIRMATION isConfirmed
#else
#define KEEPS_CONFIRMATION 0
#endif
/* The record is also read behind each batch. A rule that the proxy needs only with UNNOTICED_DEMOTION. */
#ifdef LOOK_BEHIND
#define LOOKS_BEHIND true
#else
#define LOOKS_BEHIND false
#endif

/* The proxy opens a socket to the same primary again, at any moment. */
#ifdef NO_RECONNECT
#define MAY_RECONNECT false
#else
#define MAY_RECONNECT true
#endif

#ifndef BATCHES
#define BATCHES 2
#endif

#include "proxy-sockets.pml"
#include "proxy-group.pml"

inline learn() {
  printf("proxy: node %d is primary now\n", announcedPrimary);
  known = announcedPrimary;
  knownEpoch = announcedEpoch;
  isStillConfirmed = KEEPS_CONFIRMATION;
  if
  :: current != NO_SOCKET -> abandon()
  :: else
  fi;
  isConfirmed = isStillConfirmed;
  isStillConfirmed = 0
}

inline look(s) {
  forgetTerm();
  if
  :: HOLDS_GUARD && WATCHES_FIRST -> sent[s]!WATCH
  :: else
  fi;
  sent[s]!GET;
  if
  :: HOLDS_GUARD && !WATCHES_FIRST -> sent[s]!WATCH
  :: else
  fi
}

#define MAY_OPEN (!isOver && current == NO_SOCKET && FREE_SOCKET != NO_SOCKET)
inline open() {
  current = FREE_SOCKET;
  node[current] = known;
  printf("proxy: opens socket %d to node %d and looks at the record\n", current, known);
  look(current)
}

#define MAY_SEND \
  (current != NO_SOCKET && next > 0 && written < BATCHES && (len(sent[current]) == 0 || !WAITS_FOR_WATCH))
inline send() {
  written++;
  printf("proxy: sends batch %d on socket %d\n", written, current);
  sent[current]!written;
  batches[current]++;
  if
  :: HOLDS_GUARD -> sent[current]!WATCH
  :: else
  fi;
  if
  :: LOOKS_BEHIND -> sent[current]!GET
  :: else
  fi
}

/* --- A message of another origin --- */

/* The record expires or is deleted, while what the batches wrote stays. */
#ifdef RECORD_VANISHES
#define VANISHES true
#define MAY_VANISH(n) (isPrimary[n] && !HAS(0, FOREIGN_MESSAGE) && !HAS(1, FOREIGN_MESSAGE) && !HAS(2, FOREIGN_MESSAGE))
inline vanish(n) {
  printf("node %d: the record is gone\n", n);
  append(n, FOREIGN_MESSAGE);
  touchRecord(n)
}
#else
#define VANISHES false
#endif

/* Another proxy overwrites what batch 1 wrote, after the answer to batch 1. It has a journal, too. */
#ifdef OTHER_PROXY
bit isOtherAnswered
#define MAY_OVERWRITE (answered > 0 && votedEpoch == announcedEpoch && !HAS(announcedPrimary, FOREIGN_MESSAGE))
#define IS_ON_REPLICA(r) (FOLLOWS(r, announcedPrimary) && HAS(r, FOREIGN_MESSAGE))
#define MAY_ANSWER_OTHER \
  (votedEpoch == announcedEpoch && !isOtherAnswered && (IS_ON_REPLICA(0) || IS_ON_REPLICA(1) || IS_ON_REPLICA(2)))
inline overwrite() {
  printf("another proxy writes the same key on node %d\n", announcedPrimary);
  append(announcedPrimary, FOREIGN_MESSAGE)
}
inline assertNotOverwritten(n, batch) {
  assert(!(batch == 1 && isOtherAnswered && HAS(n, FOREIGN_MESSAGE)))
}
#else
inline assertNotOverwritten(n, batch) {
  skip
}
#endif

/* --- What arrives at a node, and its answer --- */

#define IS_RECORD_GONE(n) (VANISHES && LAST(n) == FOREIGN_MESSAGE)
#define RECORD(n) (HAS(n, 2) -> 2 : (HAS(n, 1) -> 1 : 0))

inline readRecord(n) {
  if
  :: IS_RECORD_GONE(n) -> printf("  the record is absent\n")
  :: else -> printf("  the record is %d\n", RECORD(n))
  fi;
  if
  :: IS_RECORD_GONE(n) && ABSENT_IS_UNKNOWN -> printf("proxy: UNCERTAIN\n"); isOver = 1; abandon()
  :: else ->
       next = (IS_RECORD_GONE(n) || RECORD(n) < forgotten -> forgotten : RECORD(n)) + 1;
       written = next - 1;
       isFound = (written > answered)
  fi
}

inline execute(s, batch) {
  batches[s]--;
  if
  :: !isPrimary[node[s]] || isTouched[s] ->
       printf("  node %d does not execute batch %d\n", node[s], batch);
       isWatched[s] = 0; isTouched[s] = 0;
       if
       :: s == current -> look(s)
       :: else
       fi
  :: else ->
       printf("  node %d executes batch %d\n", node[s], batch);
       assert(!HAS(node[s], batch));
       assert(batch == 1 || HAS(node[s], 1));
       assertNotOverwritten(node[s], batch);
       isWatched[s] = 0;
       append(node[s], batch);
       touchRecord(node[s]);
       if
       :: s == current && next > 0 -> next = batch + 1; isFound = 0
       :: else
       fi
  fi
}

inline arrive(s) {
  sent[s]?command;
  if
  :: command == WATCH -> printf("socket %d: WATCH arrives at node %d\n", s, node[s]); isWatched[s] = 1; isTouched[s] = 0
  :: command == GET ->
       printf("socket %d: GET arrives at node %d\n", s, node[s]);
       if
       :: s == current -> readRecord(node[s])
       :: else
       fi
  :: else -> printf("socket %d: batch %d arrives at node %d\n", s, command, node[s]); execute(s, command)
  fi;
  command = 0;
  closeIfFree(s)
}

/* The socket is closed: what was under way on it never arrives. */
#define MAY_LOSE(s) (s != current && batches[s] > 0)
inline lose(s) {
  printf("socket %d is closed\n", s);
  batches[s] = 0;
  closeIfFree(s)
}

/* --- Answers and the journal --- */

#define DOES_CONFIRM(r) (FOLLOWS(r, node[current]) && (HAS(r, answered + 1) || (isFound && !HOLDS_FENCE)))
#define CONFIRMATIONS ((DOES_CONFIRM(0) -> 1 : 0) + (DOES_CONFIRM(1) -> 1 : 0) + (DOES_CONFIRM(2) -> 1 : 0))
/* WAIT returns with one confirmation at any moment: after the grace, or because the other link stalls. */
#define MAY_CONFIRM \
  (current != NO_SOCKET && !isConfirmed && answered + 1 < next && isPrimary[node[current]] && CONFIRMATIONS > 0)
inline confirm() {
  printf("proxy: %d replicas confirm batch %d\n", CONFIRMATIONS, answered + 1);
  if
  :: CONFIRMATIONS == NODES - 1 || !HOLDS_BARRIER -> answer()
  :: else -> isConfirmed = 1
  fi
}
inline judge() {
  printf("proxy: barrier: epoch %d, known %d\n", votedEpoch, knownEpoch);
  isConfirmed = 0;
  if
  :: votedEpoch == knownEpoch -> answer()
  :: else
  fi
}
inline answer() {
  answered++;
  printf("proxy: ANSWERS batch %d\n", answered);
  if
  :: HOLDS_JOURNAL
  :: else -> forgotten = answered
  fi
}

#define IS_KEPT_BY(r) \
  (r == node[current] || (FOLLOWS(r, node[current]) && HAS(r, forgotten + 1)) || (!NEEDS_PLANNED && !FOLLOWS(r, node[current])))
#define MAY_FORGET \
  (current != NO_SOCKET && forgotten < answered && forgotten + 1 < next && isPrimary[node[current]] && \
   IS_KEPT_BY(0) && IS_KEPT_BY(1) && IS_KEPT_BY(2))
inline forget() {
  forgotten++;
  printf("proxy: every replica has batch %d\n", forgotten)
}

proctype Proxy() {
end:
  do
  :: d_step { !isOver && announcedEpoch > knownEpoch -> learn() }
  :: d_step { MAY_OPEN -> open() }
  :: d_step { MAY_RECONNECT && current != NO_SOCKET -> abandon() }
  :: d_step { MAY_SEND -> send() }
  :: d_step { MAY_CONFIRM -> confirm() }
  :: d_step { isConfirmed -> judge() }
  :: d_step { MAY_FORGET -> forget() }
  :: d_step { len(sent[0]) > 0 -> arrive(0) }
  :: d_step { len(sent[1]) > 0 -> arrive(1) }
  :: d_step { MAY_LOSE(0) -> lose(0) }
  :: d_step { MAY_LOSE(1) -> lose(1) }
#if SOCKETS > 2
  :: d_step { len(sent[2]) > 0 -> arrive(2) }
  :: d_step { MAY_LOSE(2) -> lose(2) }
#endif
#ifdef RECORD_VANISHES
  :: d_step { MAY_VANISH(0) -> vanish(0) }
  :: d_step { MAY_VANISH(1) -> vanish(1) }
  :: d_step { MAY_VANISH(2) -> vanish(2) }
#endif
#ifdef OTHER_PROXY
  :: d_step { MAY_OVERWRITE -> overwrite() }
  :: d_step { MAY_ANSWER_OTHER -> printf("the other proxy ANSWERS\n"); isOtherAnswered = 1 }
#endif
  od
}

#define IS_LOST(n) ((answered >= 1 && !HAS(n, 1)) || (answered >= 2 && !HAS(n, 2)))
#define IS_CALM (votedEpoch == announcedEpoch)
/* A read of the newest primary. By others at any moment, or by this proxy when it has sent again what it keeps. */
#ifdef VISIBLE
#define MAY_READ IS_CALM
#else
#define MAY_READ \
  (IS_CALM && current != NO_SOCKET && knownEpoch == announcedEpoch && next > (READS_WAIT -> answered : 0))
#endif

proctype Reader() {
end:
  do
  :: d_step { MAY_READ && IS_LOST(announcedPrimary) -> assert(false) }
  od
}

init {
  atomic {
    initGroup();
    run Group();
    run Proxy();
    run Reader()
  }
}
