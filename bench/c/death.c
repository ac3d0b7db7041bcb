// From a child's death to its reap, by ppoll, signalfd and waitpid.
// usage: death DYING COUNT   prints each latency, ns, a line
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void reap(int sfd) {
  struct pollfd p = {.fd = sfd, .events = POLLIN};
  struct signalfd_siginfo info;
  do {
    ppoll(&p, 1, NULL, NULL);
    while (read(sfd, &info, sizeof info) == sizeof info) continue;
  } while (waitpid(-1, NULL, WNOHANG) <= 0);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: death DYING COUNT\n"), 2;
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int sfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return perror("pipe2"), 1;
  posix_spawnattr_t attr;
  posix_spawnattr_init(&attr);
  posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attr, &none);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Beyond 3 first, so that dup2 to 3 clears close-on-exec also where the pipe has it already.
  int out = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  posix_spawn_file_actions_adddup2(&actions, out, 3);
  char *child[] = {argv[1], "1000", NULL};
  for (int i = atoi(argv[2]); i > 0; i--) {
    long long died;
    if (posix_spawn(NULL, argv[1], &actions, &attr, child, environ)) return perror(argv[1]), 1;
    reap(sfd);
    long long reaped = now();
    if (read(ends[0], &died, sizeof died) != sizeof died) return perror("read"), 1;
    printf("%lld\n", reaped - died);
  }
  return 0;
}
