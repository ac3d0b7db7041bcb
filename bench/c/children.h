// How the C programs start children, and learn that they ended: posix_spawn and a signalfd.
#ifndef CHILDREN_H
#define CHILDREN_H

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench.h"

static inline int sigchld_fd(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static inline void read_records(int fd) {
  struct signalfd_siginfo info;
  while (read(fd, &info, sizeof info) == sizeof info) continue;
}

// The child's fd 3 is `out`, which must be another one; -1 leaves it without.
static inline void start_child(char **argv, int out) {
  posix_spawnattr_t attr;
  posix_spawn_file_actions_t actions;
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attr);
  posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attr, &none);
  posix_spawn_file_actions_init(&actions);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, 3);
  if (posix_spawn(NULL, argv[0], &actions, &attr, argv, environ)) die(argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attr);
}

// A pipe whose write end is not 3, so that dup2 to 3 clears its close-on-exec.
static inline void death_pipe(int ends[2]) {
  if (pipe(ends) < 0) die("pipe");
  for (int i = 0; i < 2; i++) {
    int low = ends[i];
    ends[i] = fcntl(low, F_DUPFD_CLOEXEC, 10);
    close(low);
  }
}

// Reads the last time that bench/c/dying.c wrote, and prints how long ago it was, ns.
static inline void print_latency(int fd) {
  long long died, reaped = now();
  if (read(fd, &died, sizeof died) != sizeof died) die("read");
  printf("%lld\n", reaped - died);
}

#endif
