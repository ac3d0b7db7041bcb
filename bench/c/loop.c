// The plain C of the benchmark's rows: what the system calls alone cost.
// usage: loop ROW COUNT   prints nanoseconds for one operation
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

// Each row sets up, runs once to warm up, and returns the ns of one operation.
#define TIMED(n, body)                                              \
  for (long warm = (n) / 20 + 1, i = 0; i < warm; i++) body         \
  double start = now();                                             \
  for (long i = 0; i < (n); i++) body                               \
  return (now() - start) / (n);

static double getppid_row(long n) {
  TIMED(n, { (void)getppid(); })
}

static double notifier(long n) {
  struct pollfd p = {.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN};
  uint64_t one = 1, v;
  TIMED(n, {
    if (write(p.fd, &one, 8) != 8 || ppoll(&p, 1, NULL, NULL) != 1 || read(p.fd, &v, 8) != 8) die("notifier");
  })
}

static double pipe_row(long n) {
  int ends[2];
  char c = 1;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) die("pipe2");
  struct pollfd p = {.fd = ends[0], .events = POLLIN};
  TIMED(n, {
    if (write(ends[1], &c, 1) != 1 || ppoll(&p, 1, NULL, NULL) != 1 || read(ends[0], &c, 1) != 1) die("pipe");
  })
}

static double nothing(long n) {
  struct pollfd p[2] = {{.fd = eventfd(0, 0), .events = POLLIN}, {.fd = eventfd(0, 0), .events = POLLIN}};
  struct timespec zero = {0, 0};
  TIMED(n, { ppoll(p, 2, &zero, NULL); })
}

static void raise_fd_limit(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

// idle fds and one that is active, each time through all of them
static double idle_poll(long n, int idle) {
  raise_fd_limit();
  struct pollfd *p = calloc(idle + 1, sizeof *p);
  uint64_t one = 1, v;
  for (int i = 0; i <= idle; i++) {
    p[i].fd = eventfd(0, EFD_NONBLOCK);
    p[i].events = POLLIN;
    if (p[i].fd < 0) die("eventfd");
  }
  TIMED(n, {
    if (write(p[0].fd, &one, 8) != 8 || ppoll(p, idle + 1, NULL, NULL) != 1 || read(p[0].fd, &v, 8) != 8) die("idle");
  })
}

static double idle_epoll(long n, int idle) {
  raise_fd_limit();
  int ep = epoll_create1(EPOLL_CLOEXEC), fd = -1;
  struct epoll_event ev = {.events = EPOLLIN}, out[128];
  uint64_t one = 1, v;
  for (int i = 0; i <= idle; i++) {
    fd = eventfd(0, EFD_NONBLOCK);
    if (fd < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0) die("epoll_ctl");
  }
  TIMED(n, {
    if (write(fd, &one, 8) != 8 || epoll_wait(ep, out, 128, -1) != 1 || read(fd, &v, 8) != 8) die("idle");
  })
}

// posix_spawn, signalfd and waitpid, `at_once` children at a time
static double children(long n, int at_once) {
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  struct pollfd p = {.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .events = POLLIN};
  posix_spawnattr_t attr;
  posix_spawnattr_init(&attr);
  posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attr, &none);
  char *argv[] = {"true", NULL};
  double start = now();
  for (long done = 0; done < n;) {
    int alive = 0;
    for (; alive < at_once; alive++) {
      pid_t pid;
      if (posix_spawn(&pid, "/bin/true", NULL, &attr, argv, environ)) die("posix_spawn");
    }
    while (alive > 0) {
      struct signalfd_siginfo info;
      ppoll(&p, 1, NULL, NULL);
      while (read(p.fd, &info, sizeof info) == sizeof info) continue;
      while (waitpid(-1, NULL, WNOHANG) > 0) alive--, done++;
    }
  }
  return (now() - start) / n;
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: loop ROW COUNT\n"), 2;
  const char *row = argv[1];
  long n = atol(argv[2]);
  double ns;
  if (!strcmp(row, "getppid")) ns = getppid_row(n);
  else if (!strcmp(row, "notifier")) ns = notifier(n);
  else if (!strcmp(row, "pipe")) ns = pipe_row(n);
  else if (!strcmp(row, "nothing")) ns = nothing(n);
  else if (!strncmp(row, "idle-poll-", 10)) ns = idle_poll(n, atoi(row + 10));
  else if (!strncmp(row, "idle-epoll-", 11)) ns = idle_epoll(n, atoi(row + 11));
  else if (!strncmp(row, "children-", 9)) ns = children(n, atoi(row + 9));
  else return fprintf(stderr, "loop: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
