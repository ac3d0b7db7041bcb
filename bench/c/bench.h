// How the C programs time an operation: the median of batches, as bench/measure.ts does.
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define BATCHES 25

// A thread that is about to sleep does so meanwhile.
#define FALL_ASLEEP_NS 50000

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double median(double *values, int count) {
  qsort(values, count, sizeof *values, by_value);
  return values[count / 2];
}

// ns of one of about n operations; two batches before them do not count.
#define TIME(n, ...)                                           \
  ({                                                           \
    double ns_[BATCHES];                                       \
    long size_ = (n) / BATCHES + 1;                            \
    for (int batch_ = -2; batch_ < BATCHES; batch_++) {        \
      double start_ = now();                                   \
      for (long k_ = 0; k_ < size_; k_++) { __VA_ARGS__; }     \
      if (batch_ >= 0) ns_[batch_] = (now() - start_) / size_; \
    }                                                          \
    median(ns_, BATCHES);                                      \
  })

static inline void raise_fd_limit(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

static inline void die(const char *what) {
  perror(what);
  exit(1);
}

#endif
