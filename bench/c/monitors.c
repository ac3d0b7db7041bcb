// An event notifier, written and waited for, by each of the ways that Linux has.
// usage: monitors ROW COUNT   prints nanoseconds for one operation
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

#define TIMED(n, body)                                      \
  for (long warm = (n) / 20 + 1, i = 0; i < warm; i++) body \
  double start = now();                                     \
  for (long i = 0; i < (n); i++) body                       \
  return (now() - start) / (n);

static int fd;

static void set(void) {
  uint64_t one = 1;
  if (write(fd, &one, sizeof one) != sizeof one) die("write");
}

static void clear(void) {
  uint64_t value;
  if (read(fd, &value, sizeof value) != sizeof value) die("read");
}

static double by_ppoll(long n) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  TIMED(n, {
    set();
    if (ppoll(&p, 1, NULL, NULL) != 1) die("ppoll");
    clear();
  })
}

static int watched_by_epoll(uint32_t events) {
  struct epoll_event event = {.events = events};
  int ep = epoll_create1(EPOLL_CLOEXEC);
  if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
  return ep;
}

static double by_level(long n) {
  struct epoll_event out;
  int ep = watched_by_epoll(EPOLLIN);
  TIMED(n, {
    set();
    if (epoll_wait(ep, &out, 1, -1) != 1) die("epoll_wait");
    clear();
  })
}

// Each write is an edge, though the counter is never read.
static double by_edge(long n) {
  struct epoll_event out;
  int ep = watched_by_epoll(EPOLLIN | EPOLLET);
  TIMED(n, {
    set();
    if (epoll_wait(ep, &out, 1, -1) != 1) die("epoll_wait");
  })
}

static struct {
  int fd;
  uint32_t *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
} ring;

static void *map(size_t bytes, off_t offset) {
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, offset);
  if (at == MAP_FAILED) die("mmap");
  return at;
}

static void ring_setup(void) {
  struct io_uring_params p = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 4096};
  ring.fd = syscall(__NR_io_uring_setup, 128, &p);
  if (ring.fd < 0) die("io_uring_setup");
  // Since Linux 5.4 both rings stand in one mapping.
  size_t sq_bytes = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
  size_t cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
  char *at = map(sq_bytes > cq_bytes ? sq_bytes : cq_bytes, IORING_OFF_SQ_RING);
  ring.sqes = map(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
  ring.sq_tail = (void *)(at + p.sq_off.tail);
  ring.sq_mask = (void *)(at + p.sq_off.ring_mask);
  ring.sq_array = (void *)(at + p.sq_off.array);
  ring.cq_head = (void *)(at + p.cq_off.head);
  ring.cq_tail = (void *)(at + p.cq_off.tail);
  ring.cq_mask = (void *)(at + p.cq_off.ring_mask);
  ring.cqes = (void *)(at + p.cq_off.cqes);
}

static void push_poll(uint32_t flags) {
  uint32_t tail = *ring.sq_tail, slot = tail & *ring.sq_mask;
  ring.sqes[slot] = (struct io_uring_sqe){
      .opcode = IORING_OP_POLL_ADD, .fd = fd, .poll32_events = POLLIN, .len = flags};
  ring.sq_array[slot] = slot;
  __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static void enter(unsigned wait_for) {
  unsigned flags = wait_for > 0 ? IORING_ENTER_GETEVENTS : 0;
  if (syscall(__NR_io_uring_enter, ring.fd, 1, wait_for, flags, NULL, 0) != 1) die("io_uring_enter");
}

// Takes the completion that is there already; more tells whether the poll continues.
static void take(int more) {
  uint32_t head = *ring.cq_head;
  if (__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) == head) die("no completion");
  struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];
  if (cqe->res < 0 || (more && !(cqe->flags & IORING_CQE_F_MORE))) die("completion");
  __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
}

// Armed anew each time, by the call that waits.
static double by_ring_oneshot(long n) {
  ring_setup();
  TIMED(n, {
    push_poll(0);
    set();
    enter(1);
    take(0);
    clear();
  })
}

// Armed once; completions are read from memory, without a call.
static double by_ring_multishot(long n) {
  ring_setup();
  push_poll(IORING_POLL_ADD_MULTI);
  enter(0);
  TIMED(n, {
    set();
    take(1);
    clear();
  })
}

// No wait at all: the cost that would remain if waiting were free.
static double no_wait(long n) {
  TIMED(n, {
    set();
    clear();
  })
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: monitors ROW COUNT\n"), 2;
  const char *row = argv[1];
  long n = atol(argv[2]);
  double ns;
  fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) die("eventfd");
  if (!strcmp(row, "ppoll")) ns = by_ppoll(n);
  else if (!strcmp(row, "level")) ns = by_level(n);
  else if (!strcmp(row, "edge")) ns = by_edge(n);
  else if (!strcmp(row, "ring-oneshot")) ns = by_ring_oneshot(n);
  else if (!strcmp(row, "ring-multishot")) ns = by_ring_multishot(n);
  else if (!strcmp(row, "no-wait")) ns = no_wait(n);
  else return fprintf(stderr, "monitors: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
