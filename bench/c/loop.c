// The plain C of the benchmark's rows: what the system calls alone cost.
// usage: loop ROW COUNT   prints nanoseconds for one operation
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "children.h"

static double getppid_row(long n) {
  return TIME(n, { (void)getppid(); });
}

static double notifier(long n) {
  struct pollfd p = {.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN};
  uint64_t one = 1, v;
  return TIME(n, {
    if (write(p.fd, &one, 8) != 8 || ppoll(&p, 1, NULL, NULL) != 1 || read(p.fd, &v, 8) != 8) die("notifier");
  });
}

static double pipe_row(long n) {
  int ends[2];
  char c = 1;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) die("pipe2");
  struct pollfd p = {.fd = ends[0], .events = POLLIN};
  return TIME(n, {
    if (write(ends[1], &c, 1) != 1 || ppoll(&p, 1, NULL, NULL) != 1 || read(ends[0], &c, 1) != 1) die("pipe");
  });
}

static double nothing(long n) {
  struct pollfd p[2] = {{.fd = eventfd(0, 0), .events = POLLIN}, {.fd = eventfd(0, 0), .events = POLLIN}};
  struct timespec zero = {0, 0};
  return TIME(n, { ppoll(p, 2, &zero, NULL); });
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
  return TIME(n, {
    if (write(p[0].fd, &one, 8) != 8 || ppoll(p, idle + 1, NULL, NULL) != 1 || read(p[0].fd, &v, 8) != 8) die("idle");
  });
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
  return TIME(n, {
    if (write(fd, &one, 8) != 8 || epoll_wait(ep, out, 128, -1) != 1 || read(fd, &v, 8) != 8) die("idle");
  });
}

// posix_spawn, signalfd and waitpid, `at_once` children at a time
static double children(long n, int at_once) {
  struct pollfd p = {.fd = sigchld_fd(), .events = POLLIN};
  char *argv[] = {"/bin/true", NULL};
  double start = now();
  long done = 0;
  while (done < n) {
    int alive = 0;
    for (; alive < at_once; alive++) start_child(argv, -1);
    while (alive > 0) {
      ppoll(&p, 1, NULL, NULL);
      read_records(p.fd);
      while (waitpid(-1, NULL, WNOHANG) > 0) alive--, done++;
    }
  }
  return (now() - start) / done;
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
