/*
 * Runs a scenario of qemu-loop on QEMU's own event loop, and prints its order log. It is linked
 * against the event loop of a QEMU build tree, 7.2 or later, and calls only what QEMU's headers
 * offer to a device; all that it does by itself is to log.
 *
 * It reads a program from stdin, which ../program.ts makes of a scenario: lines of a word and
 * key=value pairs, of which name= or text= comes last and goes on to the end of the line, with C's
 * escapes. Objects come first, numbered from 0, which `on=` and `of=` name; then lists of actions,
 * numbered by `id=`, which `do=` and `write=` name (-1 is none); then what the outside world does.
 *
 * It prints these lines, each at once, so that what came before an abort is there:
 *   = VERSION                   of QEMU
 *   - NS ITERATION THREAD TEXT  an entry of the order log, with C's escapes
 *   ? ID THREAD VALUE           what a check found
 *   ! THREAD                    the one that ends the process, by an abort or status 3
 *   . ITERATIONS NS             the steps are done
 * THREAD is the number of its object; -1 is main, -2 a worker of a pool.
 * Exit status: 0 done; 3 the program cannot go on, for example since an fd is closed twice; 4 this
 * QEMU does not have what the program asks for. If QEMU aborts, its signal ends the process.
 */
#include "tree.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "block/block.h"
#include "exec/cpu-common.h"
#include "hw/core/cpu.h"
#include "qemu/notify.h"
#include "qemu/rcu.h"
#if __has_include("qemu/mem-reentrancy.h")
#include "qemu/mem-reentrancy.h"
#else
#include "hw/qdev-core.h"
#endif

/* The monitor of a context is told by comparing its functions. */
extern const FDMonOps fdmon_poll_ops;

#define DRAIN_BYTES 8
#define FILL_BYTES 4096
#define SETTLE_STEPS 3
#define MAX_KEYS 24
#define LOOK_US 50

#include "program.c.inc"
#include "order-log.c.inc"
#include "big-lock.c.inc"
#include "clocks.c.inc"
#include "threads.c.inc"
#include "vcpus.c.inc"
#include "values.c.inc"
#include "fds.c.inc"
#include "notifiers.c.inc"
#include "signals.c.inc"
#include "objects.c.inc"
#include "thread-start.c.inc"
#include "loop.c.inc"
#include "requests.c.inc"
#include "actions.c.inc"
#include "checks.c.inc"
#include "thread-actions.c.inc"
#include "action-table.c.inc"
#include "monitors.c.inc"

static Line drive_line;

static Action read_action(const Line *line) {
  Action action = {.line = *line, .ns = number_of(line, "ns", 0), .list = number_of(line, "do", -1)};
  int on = number_of(line, "on", -1);
  if (on >= 0) action.on = items->pdata[on];
  for (int i = 0; i < ARRAY_SIZE(ACTIONS); i++) {
    if (!strcmp(ACTIONS[i].word, line->word)) action.act = ACTIONS[i].act;
  }
  if (!action.act) die(4, "no such action: %s", line->word);
  return action;
}

/* Objects come before the lists of actions that name them. */
static void read_program(FILE *in) {
  char *text = NULL;
  size_t size = 0;
  size_t room = 0;
  List *list = NULL;
  items = g_ptr_array_new();
  entries = g_array_new(false, false, sizeof(Entry));
  while (getline(&text, &size, in) > 0) {
    char *copy = g_strdup(text);
    copy[strcspn(copy, "\n")] = 0;
    if (!*copy) continue;
    Line line = parse(copy);
    if (list && strcmp(line.word, "end")) {
      list->actions = g_renew(Action, list->actions, list->length + 1);
      list->actions[list->length++] = read_action(&line);
    } else if (!strcmp(line.word, "end")) {
      list = NULL;
    } else if (!strcmp(line.word, "drive")) {
      drives_aio_poll = is(&line, "by", "aio_poll");
      wants_uring = is(&line, "fdmon", "io_uring");
      threaded = number_of(&line, "threads", 0);
      drive_line = line;
    } else if (!strcmp(line.word, "blocked_signal")) {
      sigaddset(&signals, number_of(&line, "signo", 0));
    } else if (!strcmp(line.word, "list")) {
      size_t number = number_of(&line, "id", 0);
      while (number >= room) lists = g_renew(List, lists, room = room * 2 + 8);
      list = &lists[number];
      *list = (List){};
    } else if (!strcmp(line.word, "steps")) {
      steps_list = number_of(&line, "do", -1);
    } else if (!strcmp(line.word, "at")) {
      Entry entry = {number_of(&line, "ns", 0), number_of(&line, "do", -1), number_of(&line, "nudge", 0)};
      g_array_append_val(entries, entry);
    } else if (kind_of(line.word)) {
      Item *item = g_new0(Item, 1);
      item->line = line;
      item->said = -1;
      item->name = text_of(&item->line, "name", "");
      item->callback = callback_of(&item->line, "do");
      item->quiet = number_of(&item->line, "quiet", 0);
      item->thread.number = items->len;
      g_ptr_array_add(items, item);
    } else {
      die(4, "no such item: %s", line.word);
    }
  }
  free(text);
}

/* The outside world is another thread. */
static void *outside_thread(void *opaque) {
  for (int i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index(entries, Entry, i);
    int64_t until = start_ns + entry->ns - get_clock();
    if (until > 0) g_usleep(DIV_ROUND_UP(until, SCALE_US));
    qemu_mutex_lock(&outside_lock);
    to_come--;
    run_list(entry->list);
    qemu_mutex_unlock(&outside_lock);
    if (entry->nudges) aio_notify(ctx);
  }
  return NULL;
}

/* No core dump of an abort, and no life after the process that started us. */
static void limit_process(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Contexts come first, since all others are made in one. */
static void make_objects(void) {
  for (int i = 0; i < items->len; i++) {
    Item *item = items->pdata[i];
    if (is_kind(item, "iothread")) make_iothread(item);
  }
  for (int i = 0; i < items->len; i++) {
    Item *item = items->pdata[i];
    item->ctx = is_kind(item, "iothread") ? item->thread.ctx : context_of(&item->line);
    kind_of(item->line.word)(item);
  }
}

int main(void) {
  QemuThread outside;
  limit_process();
  put("= %s%s\n", QEMU_VERSION, *QEMU_PKGVERSION ? " (" QEMU_PKGVERSION ")" : "");
  sigemptyset(&signals);
  read_program(stdin);
  qemu_mutex_init(&log_lock);
  qemu_mutex_init(&outside_lock);
  qemu_init_main_loop(&error_fatal);
  ctx = qemu_get_aio_context();
  limit_pool(ctx, &drive_line);
  check_uring();
  virtual_ns = get_clock();
  init_threads();
  make_objects();
  for (int type = 0; type < QEMU_CLOCK_MAX; type++) clock_start_ns[type] = qemu_clock_get_ns(type);
  start_ns = get_clock();
  to_come = entries->len;
  if (to_come) qemu_thread_create(&outside, "outside", outside_thread, NULL, QEMU_THREAD_DETACHED);
  if (threaded) start_threads();
  run_list(steps_list);
  if (threaded) finish_threads();
  put(". %" PRId64 " %" PRId64 "\n", iterations, get_clock() - start_ns);
  /* Nothing is taken down in order. */
  _exit(0);
}
