// The benchmark's rows, run on QEMU's own event loop: linked against a QEMU build
// tree, 7.2 or later, by bench/qemu.ts, together with qemu-children.c.
// usage: qemu ROW COUNT     prints nanoseconds for one operation
//        qemu DYING COUNT   prints from death to reap of each child, ns, a line
#include "../../src/scenario/qemu/driver/tree.h"

#include "bench.h"
#include "qemu-children.h"
#include "qemu-threads.h"

static AioContext *ctx;

static void nothing_cb(void *opaque) {}

static double bh_poll(long n) {
  QEMUBH *bh = aio_bh_new(ctx, nothing_cb, NULL);
  return TIME(n, (qemu_bh_schedule(bh), aio_poll(ctx, true)));
}

static double bh_loop(long n) {
  QEMUBH *bh = aio_bh_new(ctx, nothing_cb, NULL);
  return TIME(n, (qemu_bh_schedule(bh), main_loop_wait(false)));
}

static double oneshot(long n) {
  return TIME(n, (aio_bh_schedule_oneshot(ctx, nothing_cb, NULL), aio_poll(ctx, true)));
}

static void schedule_all(QEMUBH **bh, int many) {
  for (int i = 0; i < many; i++) qemu_bh_schedule(bh[i]);
}

static double bhs(long n, int many) {
  QEMUBH **bh = g_new(QEMUBH *, many);
  for (int i = 0; i < many; i++) bh[i] = aio_bh_new(ctx, nothing_cb, NULL);
  return TIME(n, (schedule_all(bh, many), aio_poll(ctx, true))) / many;
}

static void clear_cb(EventNotifier *e) { event_notifier_test_and_clear(e); }

// One notifier is set each time; `idle` others stand beside it.
static double notifiers_poll(long n, int idle) {
  EventNotifier *e = g_new(EventNotifier, idle + 1);
  for (int i = 0; i <= idle; i++) {
    if (event_notifier_init(&e[i], false)) return -1;
    aio_set_event_notifier(ctx, &e[i], EXTERNAL(false) clear_cb, NULL, NULL);
  }
  return TIME(n, (event_notifier_set(&e[0]), aio_poll(ctx, true)));
}

static double notifiers_loop(long n, int idle) {
  EventNotifier *e = g_new(EventNotifier, idle + 1);
  for (int i = 0; i <= idle; i++) {
    if (event_notifier_init(&e[i], false)) return -1;
    event_notifier_set_handler(&e[i], clear_cb);
  }
  return TIME(n, (event_notifier_set(&e[0]), main_loop_wait(false)));
}

static void read_cb(void *opaque) {
  char buffer[8];
  if (read(GPOINTER_TO_INT(opaque), buffer, sizeof buffer) < 0) abort();
}

static void put_byte(int fd) {
  if (write(fd, "x", 1) != 1) abort();
}

static double pipe_row(long n) {
  int fds[2];
  if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL)) return -1;
  g_unix_set_fd_nonblocking(fds[0], true, NULL);
  aio_set_fd_handler(ctx, fds[0], EXTERNAL(false) read_cb, NULL, NULL, NULL, GINT_TO_POINTER(fds[0]));
  return TIME(n, (put_byte(fds[1]), aio_poll(ctx, true)));
}

static double no_work(long n) {
  return TIME(n, main_loop_wait(true));
}

#define FAR_NS 1000000000000000LL

// Numbers that look random, the same in each run.
static uint32_t state = 1;
static int64_t next_random(void) {
  state = (state * 1103515245u + 12345u) & 0x7fffffff;
  return state;
}

// Puts timers into an order that is unrelated to their places in memory.
static void shuffle(QEMUTimer **t, int many) {
  for (int i = many - 1; i > 0; i--) {
    int k = next_random() % (i + 1);
    QEMUTimer *swap = t[i];
    t[i] = t[k];
    t[k] = swap;
  }
}

static QEMUTimer **timers(int many) {
  QEMUTimer **t = g_new(QEMUTimer *, many);
  for (int i = 0; i < many; i++) {
    t[i] = aio_timer_new(ctx, QEMU_CLOCK_REALTIME, SCALE_NS, nothing_cb, NULL);
  }
  shuffle(t, many);
  return t;
}

// QEMU's list is walked through for each timer, unless each becomes its head, and
// by the one function that does not look first whether a timer is in it already.
static void arm_all(QEMUTimer **t, int many, int64_t from_ns) {
  for (int i = many - 1; i >= 0; i--) {
    timer_mod_anticipate_ns(t[i], from_ns + (int64_t)i * 0x7fffffff / many);
  }
}

static double rearm(long n, int many) {
  QEMUTimer **t = timers(many);
  arm_all(t, many, FAR_NS);
  return TIME(n, timer_mod_ns(t[next_random() % many], FAR_NS + next_random()));
}

static void arm_each(QEMUTimer **t, int many) {
  for (int i = 0; i < many; i++) timer_mod_ns(t[i], FAR_NS + next_random());
}

static void delete_each(QEMUTimer **t, int many) {
  for (int i = 0; i < many; i++) timer_del(t[i]);
}

enum what { ARM, DELETE, RUN };

// From none to all, from all to none, or all expired; ns for each, the median of some times.
static double each_timer(long n, int many, enum what what) {
  QEMUTimer **t = timers(many), **other_order = g_memdup2(t, many * sizeof *t);
  int times = MIN(MAX(n / many, 1), BATCHES);
  double ns[BATCHES];
  shuffle(other_order, many);
  for (int k = 0; k < times; k++) {
    if (what != ARM) arm_all(t, many, what == RUN ? 0 : FAR_NS);
    double start = now();
    if (what == ARM) arm_each(t, many);
    if (what == DELETE) delete_each(other_order, many);
    if (what == RUN) timerlistgroup_run_timers(&ctx->tlg);
    ns[k] = (now() - start) / many;
    if (what == ARM) delete_each(t, many);
  }
  return median(ns, times);
}

static void coroutine_fn ends(void *opaque) {}

static void coroutine_fn yields(void *opaque) {
  for (;;) qemu_coroutine_yield();
}

static double co_create(long n) {
  return TIME(n, qemu_coroutine_enter(qemu_coroutine_create(ends, NULL)));
}

static double co_yield(long n) {
  Coroutine *co = qemu_coroutine_create(yields, NULL);
  return TIME(n, qemu_coroutine_enter(co));
}

static double run(const char *row, long n) {
  int many;
  if (!strcmp(row, "bh")) return bh_poll(n);
  if (!strcmp(row, "bh-mlw")) return bh_loop(n);
  if (!strcmp(row, "bh-oneshot")) return oneshot(n);
  if (sscanf(row, "bh-%d", &many) == 1) return bhs(MAX(n / many, 1), many);
  if (!strcmp(row, "notifier")) return notifiers_poll(n, 0);
  if (!strcmp(row, "notifier-mlw")) return notifiers_loop(n, 0);
  if (!strcmp(row, "pipe")) return pipe_row(n);
  if (!strcmp(row, "nothing")) return no_work(n);
  if (sscanf(row, "idle-aio-%d", &many) == 1) return notifiers_poll(n, many);
  if (sscanf(row, "idle-mlw-%d", &many) == 1) return notifiers_loop(n, many);
  if (sscanf(row, "timer-rearm-%d", &many) == 1) return rearm(n, many);
  if (sscanf(row, "timer-arm-%d", &many) == 1) return each_timer(n, many, ARM);
  if (sscanf(row, "timer-del-%d", &many) == 1) return each_timer(n, many, DELETE);
  if (sscanf(row, "timer-run-%d", &many) == 1) return each_timer(n, many, RUN);
  if (sscanf(row, "children-%d", &many) == 1) return qemu_children(n, many);
  if (!strcmp(row, "co-create")) return co_create(n);
  if (!strcmp(row, "co-yield")) return co_yield(n);
  if (!strcmp(row, "getppid")) return TIME(n, getppid());
  if (!strncmp(row, "threads-", 8)) return qemu_threads(row + 8, n);
  return -1;
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: qemu ROW COUNT\n"), 2;
  raise_fd_limit();
  qemu_threads_init();
  qemu_init_main_loop(&error_fatal);
  ctx = qemu_get_aio_context();
  long n = atol(argv[2]);
  // A path means the program bench/c/dying.c, as for bench/c/death.c.
  if (strchr(argv[1], '/')) return qemu_deaths(argv[1], n), 0;
  double ns = run(argv[1], n);
  if (ns < 0) return fprintf(stderr, "qemu: cannot run %s\n", argv[1]), 2;
  printf("%f\n", ns);
  return 0;
}
