// Children on QEMU's own main loop, as the chain here goes: a signalfd's handler
// schedules a bottom half, which reaps until nothing is left.
#include "../../src/scenario/qemu/driver/tree.h"

#include "children.h"
#include "qemu-children.h"

static QEMUBH *sigchld_bh;
static long reaped;

static void sigfd_handler(void *opaque) {
  read_records(GPOINTER_TO_INT(opaque));
  qemu_bh_schedule(sigchld_bh);
}

static void reap(void *opaque) {
  while (waitpid(-1, NULL, WNOHANG) > 0) reaped++;
}

static void watch_children(void) {
  int fd = sigchld_fd();
  sigchld_bh = qemu_bh_new(reap, NULL);
  qemu_set_fd_handler(fd, sigfd_handler, NULL, GINT_TO_POINTER(fd));
}

static void run_until(long count) {
  while (reaped < count) main_loop_wait(false);
}

double qemu_children(long count, int at_once) {
  char *argv[] = {(char *)"/bin/true", NULL};
  watch_children();
  double start = now();
  while (reaped < count) {
    long all = reaped + at_once;
    for (int i = 0; i < at_once; i++) start_child(argv, -1);
    run_until(all);
  }
  return (now() - start) / reaped;
}

void qemu_deaths(char *dying, long count) {
  char *argv[] = {dying, (char *)"1000", NULL};
  int ends[2];
  death_pipe(ends);
  watch_children();
  for (long i = 1; i <= count; i++) {
    start_child(argv, ends[1]);
    run_until(i);
    print_latency(ends[0]);
  }
}
