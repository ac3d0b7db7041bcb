// GLib's own main loop, doing the work of the benchmark's rows.
// usage: glib ROW COUNT   prints nanoseconds for one operation
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static GMainContext *context;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

#define TIMED(n, body)                                      \
  for (long warm = (n) / 20 + 1, i = 0; i < warm; i++) body \
  double start = now();                                     \
  for (long i = 0; i < (n); i++) body                       \
  return (now() - start) / (n);

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

// One idle source that stays: what comes nearest to a bottom half that is scheduled again.
static double idle(long n) {
  add(g_idle_source_new(), stay);
  TIMED(n, { g_main_context_iteration(context, FALSE); })
}

// A new idle source each time, as g_idle_add makes them.
static double oneshot(long n) {
  TIMED(n, {
    add(g_idle_source_new(), leave);
    g_main_context_iteration(context, FALSE);
  })
}

// `many` idle sources in one iteration; ns for each.
static double idles(long n, int many) {
  for (int i = 0; i < many; i++) add(g_idle_source_new(), stay);
  n = MAX(n / many, 1);
  g_main_context_iteration(context, FALSE);
  double start = now();
  for (long i = 0; i < n; i++) g_main_context_iteration(context, FALSE);
  return (now() - start) / n / many;
}

static double nothing(long n) {
  TIMED(n, { g_main_context_iteration(context, FALSE); })
}

// An eventfd source is set each time; `others` stand beside it.
static double eventfds(long n, int others) {
  int fd = -1;
  guint64 one = 1;
  for (int i = 0; i <= others; i++) {
    fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) return perror("eventfd"), exit(1), 0;
    add(g_unix_fd_source_new(fd, G_IO_IN), (GSourceFunc)clear);
  }
  TIMED(n, {
    if (write(fd, &one, sizeof one) != sizeof one) abort();
    g_main_context_iteration(context, TRUE);
  })
}

// Arms one of `many` timeouts anew, in an hour and more.
static double timeouts(long n, int many) {
  GSource **sources = g_new(GSource *, many);
  for (int i = 0; i < many; i++) {
    sources[i] = g_timeout_source_new(3600000);
    g_source_set_callback(sources[i], stay, NULL, NULL);
    g_source_attach(sources[i], context);
  }
  guint32 state = 1;
  long at = 0;
  TIMED(n, {
    state = (state * 1103515245u + 12345u) & 0x7fffffff;
    g_source_set_ready_time(sources[at++ % many], g_get_monotonic_time() + 3600000000 + state);
  })
}

static void raise_fd_limit(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
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
  else if (sscanf(row, "timeout-%d", &many) == 1) ns = timeouts(n, many);
  else return fprintf(stderr, "glib: no row %s\n", row), 2;
  printf("%f\n", ns);
  return 0;
}
