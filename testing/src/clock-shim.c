/*
 * A preloaded library that sets the clocks of one process. The process maps the file HOLDFAST_CLOCK_FILE, which contains
 * the error and the drift of each clock. A controller changes the file while the process runs or is stopped. The library
 * does not call functions that read the time, and does not allocate, because allocators read the time before they are
 * ready.
 *
 * It does not change time-outs that the kernel counts: epoll and poll (a stop interrupts them, so their callers read the
 * clock again), absolute deadlines of pthread_cond_timedwait, and TCP.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

/* The same order and size as in clock.ts. */
enum { REAL, MONOTONIC, BOOT, CLOCKS };
struct error {
  int64_t shift_ns;
  /* Nanoseconds that the clock gains per second of the machine's own monotonic clock after since_ns. */
  int64_t gain_ns;
  int64_t since_ns;
};
/* The controller fills the unused slot and then switches to it, so a reader never sees half of a change. */
struct page {
  int64_t slot;
  struct error slots[2][CLOCKS];
};

static const volatile struct page *page;

static const volatile struct page *mapped(void) {
  if (page == NULL) {
    const char *file = getenv("HOLDFAST_CLOCK_FILE");
    if (file == NULL) return NULL;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    void *found = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (found == MAP_FAILED) return NULL;
    page = found;
  }
  return page;
}

static int kind_of(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      return REAL;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
      return MONOTONIC;
    case CLOCK_BOOTTIME:
      return BOOT;
    default:
      return CLOCKS;
  }
}

static int64_t error_of(int kind) {
  const volatile struct page *at = mapped();
  if (at == NULL || kind == CLOCKS) return 0;
  const volatile struct error *error = &at->slots[at->slot & 1][kind];
  int64_t gained = 0;
  if (error->gain_ns != 0) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    gained = (int64_t)((double)(now.tv_sec * NS + now.tv_nsec - error->since_ns) / NS * (double)error->gain_ns);
  }
  return error->shift_ns + gained;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int answer = (int)syscall(SYS_clock_gettime, clock, at);
  if (answer == 0) {
    int64_t ns = (int64_t)at->tv_sec * NS + at->tv_nsec + error_of(kind_of(clock));
    at->tv_sec = ns / NS;
    at->tv_nsec = ns % NS;
  }
  return answer;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}

/* libuv reads the time since boot (os.uptime() in Node) from /proc/uptime, if that file exists. */
static int open_uptime(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return -1;
  char text[64];
  int length = snprintf(text, sizeof text, "%lld.%02ld 0.00\n", (long long)now.tv_sec, now.tv_nsec / 10000000);
  int fd = (int)syscall(SYS_memfd_create, "uptime", 1u /* MFD_CLOEXEC */);
  if (fd < 0) return -1;
  if (write(fd, text, (size_t)length) != length || lseek(fd, 0, SEEK_SET) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static int open_file(const char *path, int flags, mode_t mode) {
  if (path != NULL && strcmp(path, "/proc/uptime") == 0 && mapped() != NULL) return open_uptime();
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                   \
  int name(const char *path, int flags, ...) {       \
    va_list rest;                                    \
    va_start(rest, flags);                           \
    mode_t mode = va_arg(rest, mode_t);              \
    va_end(rest);                                    \
    return open_file(path, flags, mode);             \
  }

OPEN(open)
OPEN(open64)
