/*
 * A process that begins to listen to Sentinel 1 at any moment (LISTENS); to the others it has listened all the time. Events show an
 * epoch that begins later, and the answer to PING shows none. So that Sentinel counts only when its current epoch is known: by an
 * event, or by a hello that it sent after the process began to listen. (SENTINEL IS-MASTER-DOWN-BY-ADDR with epoch 0 answers with
 * the epoch of the last vote; without LISTENS the question shows the epoch, as that one does.)
 */
#define LATE_ONE 1
/* One more than the epoch; 0: it is not listened to, or no hello is on its way. */
byte listenEpoch
byte hello
bit isHelloHeard

#define MAY_LISTEN_TO (listenEpoch == 0)
inline listenTo(s) {
  printf("writer 0: listens to Sentinel %d\n", s);
  listenEpoch = epoch[s] + 1;
  if
  :: TRUSTS_OLD_HELLO
  :: else -> hello = 0
  fi
}

#define MAY_SEND_HELLO (hello == 0 && !isHelloHeard && (TRUSTS_OLD_HELLO || listenEpoch != 0))
inline sendHello(s) {
  printf("Sentinel %d sends its hello, epoch %d\n", s, epoch[s]);
  hello = epoch[s] + 1
}

#define MAY_HEAR_HELLO (listenEpoch != 0 && hello != 0 && !isHelloHeard)
inline hearHello(w, s) {
  printf("writer 0: hears the hello of Sentinel %d, epoch %d\n", s, hello - 1);
  isHelloHeard = 1;
  if
  :: hello - 1 > heardEpoch[w] -> heardEpoch[w] = hello - 1
  :: else
  fi;
  hello = 0
}

/* An event has told of the epoch. */
#define SHOWS_EPOCH(s) (s != LATE_ONE || epoch[s] + 1 > listenEpoch)
#define IS_EXACT(s) (s != LATE_ONE || (listenEpoch != 0 && (isHelloHeard || SHOWS_EPOCH(s) || !KNOWS_EPOCH)))
