// Threads in plain C: a pthread mutex, and eventfds between two threads.
// usage: threads ROW COUNT   prints nanoseconds for one operation
#define _GNU_SOURCE
#include <fcntl.h>
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

// From the first post until the other thread has seen all, and tells once, for each; this one spins
// meanwhile.
static _Atomic int ball, seen;
static int expected;
static struct item {
  struct item *next;
} items[1000], *list;

static void *takes(void *spins) {
  int count = 0;
  for (;;) {
    if (!spins) await(to_thread);
    struct item *taken = NULL;
    while (!taken) {
      pthread_mutex_lock(&bql);
      taken = list;
      list = NULL;
      pthread_mutex_unlock(&bql);
      if (!spins) break;
    }
    for (; taken; taken = taken->next) {
      if (++count < expected) continue;
      count = 0;
      seen = expected;
    }
  }
  return NULL;
}

static double schedule(long n, int many, int spins) {
  pthread_t thread;
  double *ns = malloc(n * sizeof *ns);
  expected = many;
  to_thread = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (pthread_create(&thread, NULL, takes, spins ? &bql : NULL)) die("pthread_create");
  for (long k = 0; k < n; k++) {
    double start = now();
    while (now() - start < FALL_ASLEEP_NS);
    seen = 0;
    start = now();
    for (int i = 0; i < many; i++) {
      pthread_mutex_lock(&bql);
      items[i].next = list;
      list = &items[i];
      pthread_mutex_unlock(&bql);
      if (i == 0 && !spins) post(to_thread);
    }
    while (seen < many)
      if (!spins && list) post(to_thread);
    ns[k] = (now() - start) / many;
  }
  return median(ns, n);
}

static long turns;

static void *player(void *odd) {
  int me = odd != NULL;
  for (long i = 0; i < turns; i++) {
    while (ball != me);
    ball = !me;
  }
  return NULL;
}

static double ping_pong_spinning(long n) {
  pthread_t a, b;
  turns = n;
  double start = now();
  if (pthread_create(&a, NULL, player, NULL) || pthread_create(&b, NULL, player, &bql)) die("pthread_create");
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return (now() - start) / n;
}

// A pool: requests under a mutex, a condition for the workers, an eventfd when one is done.
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static int data_fd, wanted;
static _Atomic int done;

static void *worker(void *unused) {
  char block[4096];
  for (;;) {
    pthread_mutex_lock(&bql);
    while (wanted == 0) pthread_cond_wait(&work, &bql);
    wanted--;
    pthread_mutex_unlock(&bql);
    if (pread(data_fd, block, sizeof block, 0) < 0) die("pread");
    done++;
    post(to_main);
  }
  return NULL;
}

static void submit(int many) {
  done = 0;
  for (int i = 0; i < many; i++) {
    pthread_mutex_lock(&bql);
    wanted++;
    pthread_cond_signal(&work);
    pthread_mutex_unlock(&bql);
  }
  while (done < many) await(to_main);
}

static double pool(long n, int many) {
  data_fd = open("/proc/self/exe", O_RDONLY);
  to_main = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  for (int i = 0; i < many; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, worker, NULL)) die("pthread_create");
  }
  return TIME(n, submit(many)) / many;
}

static void *nothing(void *unused) { return NULL; }

static void start_one(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, nothing, NULL)) die("pthread_create");
  pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: threads ROW COUNT\n"), 2;
  const char *row = argv[1];
  long n = atol(argv[2]);
  double ns;
  if (!strcmp(row, "bql")) ns = uncontended(n);
  else if (!strcmp(row, "handover")) ns = handover(n);
  else if (!strcmp(row, "ping-pong")) ns = ping_pong(n);
  else if (!strcmp(row, "sleeping")) ns = schedule(n, 1, 0);
  else if (!strcmp(row, "polling")) ns = schedule(n, 1, 1);
  else if (!strcmp(row, "many-1000")) ns = schedule(n, 1000, 0);
  else if (!strcmp(row, "ping-pong-polling")) ns = ping_pong_spinning(n);
  else if (!strcmp(row, "pool-1")) ns = pool(n, 1);
  else if (!strcmp(row, "pool-16")) ns = pool(n, 16);
  else if (!strcmp(row, "start")) ns = TIME(n, start_one());
  else return fprintf(stderr, "threads: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
