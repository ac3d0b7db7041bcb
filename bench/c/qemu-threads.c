// Rows between threads on QEMU's own event loop: an IOThread is a thread that polls a context, as
// iothread.c does.
#include "../../src/scenario/qemu/driver/tree.h"

#include "bench.h"
#include "qemu-threads.h"

// The build tree's tools have a big lock that does nothing: this one is softmmu/cpus.c's.
static QemuMutex big_lock;
static __thread bool has_bql;

bool bql_locked(void) { return has_bql; }

void bql_lock_impl(const char *file, int line) {
  qemu_mutex_lock_impl(&big_lock, file, line);
  has_bql = true;
}

void bql_unlock(void) {
  has_bql = false;
  qemu_mutex_unlock(&big_lock);
}

struct io {
  AioContext *ctx;
  QemuThread thread;
  QemuSemaphore up;
  bool stops;
};

static void *io_run(void *opaque) {
  struct io *io = opaque;
  qemu_set_current_aio_context(io->ctx);
  qemu_sem_post(&io->up);
  while (!qatomic_read(&io->stops)) aio_poll(io->ctx, true);
  return NULL;
}

static struct io *io_start(int64_t poll_max_ns) {
  struct io *io = g_new0(struct io, 1);
  io->ctx = aio_context_new(&error_fatal);
  // A factor of a million: it polls for the whole time from the second wake-up on.
  aio_context_set_poll_params(io->ctx, poll_max_ns, 1000000, 0, POLL_WEIGHT &error_fatal);
  qemu_sem_init(&io->up, 0);
  qemu_thread_create(&io->thread, "io", io_run, io, QEMU_THREAD_JOINABLE);
  qemu_sem_wait(&io->up);
  return io;
}

static void stop_cb(void *opaque) { qatomic_set((bool *)opaque, true); }

static void io_stop(struct io *io) {
  aio_bh_schedule_oneshot(io->ctx, stop_cb, &io->stops);
  qemu_thread_join(&io->thread);
  aio_context_unref(io->ctx);
  g_free(io);
}

// The IOThread counts by itself, and tells once that all have run, since main looks all the time.
static int runs, expected;
static void count_cb(void *opaque) {
  static int ran;
  if (++ran < expected) return;
  ran = 0;
  qatomic_set(&runs, expected);
}

// From the first schedule until all have run, for each; main spins meanwhile.
static double schedule(long n, int many, int64_t poll_max_ns) {
  struct io *io = io_start(poll_max_ns);
  QEMUBH **bh = g_new(QEMUBH *, many);
  double *ns = g_new(double, n);
  expected = many;
  for (int i = 0; i < many; i++) bh[i] = aio_bh_new(io->ctx, count_cb, NULL);
  for (long k = 0; k < n; k++) {
    while (!poll_max_ns && !qatomic_read(&io->ctx->notify_me)) cpu_relax();
    double start = now();
    while (now() - start < FALL_ASLEEP_NS) cpu_relax();
    qatomic_set(&runs, 0);
    start = now();
    for (int i = 0; i < many; i++) qemu_bh_schedule(bh[i]);
    while (qatomic_read(&runs) < many) cpu_relax();
    ns[k] = (now() - start) / many;
  }
  return median(ns, n);
}

struct player {
  struct player *other;
  QEMUBH *bh;
  long left;
  QemuSemaphore *end;
};

static void ball_cb(void *opaque) {
  struct player *me = opaque;
  if (me->left-- == 0) qemu_sem_post(me->end);
  else qemu_bh_schedule(me->other->bh);
}

static double ping_pong(long n, int64_t poll_max_ns) {
  struct io *a = io_start(poll_max_ns), *b = io_start(poll_max_ns);
  QemuSemaphore end;
  struct player left = {.end = &end}, right = {.end = &end};
  qemu_sem_init(&end, 0);
  left.other = &right;
  right.other = &left;
  left.bh = aio_bh_new(a->ctx, ball_cb, &left);
  right.bh = aio_bh_new(b->ctx, ball_cb, &right);
  double start = now();
  left.left = n, right.left = n + 1;
  qemu_bh_schedule(left.bh);
  qemu_sem_wait(&end);
  return (now() - start) / n;
}

static void nothing_cb(void *opaque) {}

static double wait_oneshot(long n) {
  struct io *io = io_start(0);
  aio_context_acquire(io->ctx);
  return TIME(n, aio_wait_bh_oneshot(io->ctx, nothing_cb, NULL));
}

static void take_cb(void *opaque) {
  bql_lock();
  aio_notify(qemu_get_aio_context());
  bql_unlock();
}

static double handover(long n) {
  struct io *io = io_start(0);
  return TIME(n, {
    aio_bh_schedule_oneshot(io->ctx, take_cb, NULL);
    main_loop_wait(false);
  });
}

static double uncontended(long n) {
  bql_unlock();
  return TIME(n, {
    bql_lock();
    bql_unlock();
  });
}

#define BLOCK 4096
static int data_fd;
static char blocks[16][BLOCK];
static int in_flight;

static int read_block(void *opaque) { return pread(data_fd, opaque, BLOCK, 0); }
static void read_done(void *opaque, int ret) { in_flight--; }

static double pool(long n, int many) {
  data_fd = open("/proc/self/exe", O_RDONLY);
  return TIME(n, {
    for (int i = 0; i < many; i++, in_flight++)
      thread_pool_submit_aio(POOL(aio_get_thread_pool(qemu_get_aio_context())) read_block, blocks[i],
                             read_done, NULL);
    while (in_flight) aio_poll(qemu_get_aio_context(), true);
  }) / many;
}

double qemu_threads(const char *row, long n) {
  int many;
  if (!strcmp(row, "sleeping")) return schedule(n, 1, 0);
  if (!strcmp(row, "polling")) return schedule(n, 1, 1000000000);
  if (sscanf(row, "many-%d", &many) == 1) return schedule(n, many, 0);
  if (!strcmp(row, "ping-pong")) return ping_pong(n, 0);
  if (!strcmp(row, "ping-pong-polling")) return ping_pong(n, 1000000000);
  if (!strcmp(row, "wait-oneshot")) return wait_oneshot(n);
  if (!strcmp(row, "handover")) return handover(n);
  if (!strcmp(row, "bql")) return uncontended(n);
  if (sscanf(row, "pool-%d", &many) == 1) return pool(n, many);
  if (!strcmp(row, "start")) return TIME(n, io_stop(io_start(0)));
  return -1;
}

void qemu_threads_init(void) {
  qemu_mutex_init(&big_lock);
  bql_lock();
}
