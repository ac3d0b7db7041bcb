// From a child's death to its reap, by ppoll, signalfd and waitpid.
// usage: death DYING COUNT   prints each latency, ns, a line
#define _GNU_SOURCE
#include <poll.h>
#include <sys/wait.h>

#include "children.h"

static void reap(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  do {
    ppoll(&p, 1, NULL, NULL);
    read_records(fd);
  } while (waitpid(-1, NULL, WNOHANG) <= 0);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: death DYING COUNT\n"), 2;
  int fd = sigchld_fd(), ends[2];
  death_pipe(ends);
  char *child[] = {argv[1], "1000", NULL};
  for (int i = atoi(argv[2]); i > 0; i--) {
    start_child(child, ends[1]);
    reap(fd);
    print_latency(ends[0]);
  }
  return 0;
}
