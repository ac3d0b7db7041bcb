// GLib's own main loop, doing the work of the benchmark's rows.
// usage: glib ROW COUNT   prints nanoseconds for one operation
#include <glib-unix.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"

static GMainContext *context;

static gboolean stay(gpointer data) { return G_SOURCE_CONTINUE; }

static gboolean leave(gpointer data) { return G_SOURCE_REMOVE; }

static gboolean clear(gint fd, GIOCondition condition, gpointer data) {
  guint64 value;
  if (read(fd, &value, sizeof value) != sizeof value) abort();
  return G_SOURCE_CONTINUE;
}

static void add(GSource *source, GSourceFunc callback) {
  g_source_set_callback(source, callback, NULL, NULL);
  g_source_attach(source, context);
  g_source_unref(source);
}

// One idle source that stays: the closest to a bottom half that is scheduled again.
static double idle(long n) {
  add(g_idle_source_new(), stay);
  return TIME(n, { g_main_context_iteration(context, FALSE); });
}

// A new idle source each time, as g_idle_add makes them.
static double oneshot(long n) {
  return TIME(n, {
    add(g_idle_source_new(), leave);
    g_main_context_iteration(context, FALSE);
  });
}

// `many` idle sources in one iteration; ns for each.
static double idles(long n, int many) {
  for (int i = 0; i < many; i++) add(g_idle_source_new(), stay);
  n = MAX(n / many, 1);
  return TIME(n, { g_main_context_iteration(context, FALSE); }) / many;
}

static double nothing(long n) {
  return TIME(n, { g_main_context_iteration(context, FALSE); });
}

// An eventfd source is set each time; `others` stand beside it.
static double eventfds(long n, int others) {
  int fd = -1;
  guint64 one = 1;
  for (int i = 0; i <= others; i++) {
    fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) die("eventfd");
    add(g_unix_fd_source_new(fd, G_IO_IN), (GSourceFunc)clear);
  }
  return TIME(n, {
    if (write(fd, &one, sizeof one) != sizeof one) abort();
    g_main_context_iteration(context, TRUE);
  });
}

static GSource **timeout_sources(int many) {
  GSource **sources = g_new(GSource *, many);
  for (int i = 0; i < many; i++) {
    sources[i] = g_timeout_source_new(3600000);
    g_source_set_callback(sources[i], stay, NULL, NULL);
    g_source_attach(sources[i], context);
  }
  return sources;
}

// Arms one of `many` timeouts anew, in an hour and more.
static double rearm(long n, int many) {
  GSource **sources = timeout_sources(many);
  guint32 state = 1;
  long at = 0;
  return TIME(n, {
    state = (state * 1103515245u + 12345u) & 0x7fffffff;
    g_source_set_ready_time(sources[at++ % many], g_get_monotonic_time() + 3600000000 + state);
  });
}

// All of `many` timeouts are due in one iteration, and each waits an hour again; ns for each.
static double expire(long n, int many) {
  GSource **sources = timeout_sources(many);
  int times = MIN(MAX(n / many, 1), BATCHES);
  double ns[BATCHES];
  for (int k = 0; k < times; k++) {
    for (int i = 0; i < many; i++) g_source_set_ready_time(sources[i], 0);
    double start = now();
    g_main_context_iteration(context, FALSE);
    ns[k] = (now() - start) / many;
  }
  return median(ns, times);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: glib ROW COUNT\n"), 2;
  const char *row = argv[1];
  long n = atol(argv[2]);
  int many;
  double ns;
  context = g_main_context_new();
  raise_fd_limit();
  if (!strcmp(row, "idle")) ns = idle(n);
  else if (!strcmp(row, "oneshot")) ns = oneshot(n);
  else if (!strcmp(row, "nothing")) ns = nothing(n);
  else if (sscanf(row, "idles-%d", &many) == 1) ns = idles(n, many);
  else if (sscanf(row, "eventfd-%d", &many) == 1) ns = eventfds(n, many);
  else if (sscanf(row, "timer-rearm-%d", &many) == 1) ns = rearm(n, many);
  else if (sscanf(row, "timer-run-%d", &many) == 1) ns = expire(n, many);
  else return fprintf(stderr, "glib: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
