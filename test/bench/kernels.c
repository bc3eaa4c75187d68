// count, sum, min, max and sum of squares of a run in one pass, compensating nothing: what the kernels are held to.
// Usage: kernels ROWS; answers the best of 15 rounds in nanoseconds a row.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct outcome {
  double sum, squares, min, max;
};

__attribute__((noinline)) static struct outcome reduce(const double *values, long rows) {
  struct outcome o = {0, 0, values[0], values[0]};
  for (long i = 0; i < rows; i++) {
    const double x = values[i];
    o.sum += x;
    o.squares += x * x;
    o.min = x < o.min ? x : o.min;
    o.max = x > o.max ? x : o.max;
  }
  return o;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int count, char **arguments) {
  const long rows = count > 1 ? atol(arguments[1]) : 16384;
  const long repeats = 2000000 / rows + 1;
  double *values = malloc(rows * sizeof *values);
  if (!values) return 1;
  for (long i = 0; i < rows; i++) values[i] = 20 + sin(i / 50.0) + sin((double)i * i);
  double best = 1e300, kept = 0;
  for (int round = 0; round < 15; round++) {
    const double start = now_ns();
    for (long r = 0; r < repeats; r++) {
      const struct outcome o = reduce(values, rows);
      kept += o.sum + o.squares + o.min + o.max;
    }
    const double ns = (now_ns() - start) / (double)(rows * repeats);
    if (ns < best) best = ns;
  }
  printf("%.4f\n", best);
  free(values);
  return kept == 0;
}
