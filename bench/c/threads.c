// Threads in plain C: a pthread mutex, and eventfds between two threads.
// usage: threads ROW COUNT   prints nanoseconds for one operation
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"

static pthread_mutex_t bql = PTHREAD_MUTEX_INITIALIZER;
static int to_thread, to_main;

static void post(int fd) {
  uint64_t one = 1;
  if (write(fd, &one, 8) != 8) die("write");
}

static void await(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  uint64_t v;
  if (ppoll(&p, 1, NULL, NULL) != 1 || read(fd, &v, 8) != 8) die("await");
}

static double uncontended(long n) {
  return TIME(n, {
    pthread_mutex_lock(&bql);
    pthread_mutex_unlock(&bql);
  });
}

static void *answers(void *with_lock) {
  for (;;) {
    await(to_thread);
    if (with_lock) pthread_mutex_lock(&bql);
    post(to_main);
    if (with_lock) pthread_mutex_unlock(&bql);
  }
  return NULL;
}

static void start(void *with_lock) {
  pthread_t thread;
  to_thread = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  to_main = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (pthread_create(&thread, NULL, answers, with_lock)) die("pthread_create");
}

// Main gives the mutex back while it polls; the other takes it, and ends the poll.
static double handover(long n) {
  start(&bql);
  pthread_mutex_lock(&bql);
  return TIME(n, {
    post(to_thread);
    struct pollfd p = {.fd = to_main, .events = POLLIN};
    uint64_t v;
    pthread_mutex_unlock(&bql);
    if (ppoll(&p, 1, NULL, NULL) != 1) die("ppoll");
    pthread_mutex_lock(&bql);
    if (read(to_main, &v, 8) != 8) die("read");
  });
}

static double ping_pong(long n) {
  start(NULL);
  return TIME(n, {
    post(to_thread);
    await(to_main);
  });
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: threads ROW COUNT\n"), 2;
  const char *row = argv[1];
  long n = atol(argv[2]);
  double ns;
  if (!strcmp(row, "bql")) ns = uncontended(n);
  else if (!strcmp(row, "handover")) ns = handover(n);
  else if (!strcmp(row, "ping-pong")) ns = ping_pong(n);
  else return fprintf(stderr, "threads: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
