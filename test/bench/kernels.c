// What the kernels do, in C and compensating nothing: what they are held to.
// Usage: kernels ROWS SERIES...; a line `name nanoseconds-a-row` for each, the best of its turns, then `interleaved SERIES ns`.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 15
#define TURN_NS 3e6
#define NOINLINE __attribute__((noinline))

static const double HOLD = 1e7, TAU = 10;
static const double EDGES[3] = {19, 20, 21};
static volatile double kept;

static NOINLINE double moments(const double *times, const double *values, long rows) {
  (void)times;
  double sum = 0, squares = 0, min = values[0], max = values[0];
  for (long i = 0; i < rows; i++) {
    const double x = values[i];
    sum += x;
    squares += x * x;
    min = x < min ? x : min;
    max = x > max ? x : max;
  }
  return sum + squares + min + max;
}

static NOINLINE double tails(const double *times, const double *values, long rows) {
  (void)times;
  const double base = values[0];
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  for (long i = 0; i < rows; i++) {
    const double d = values[i] - base, square = d * d;
    sum += d;
    squares += square;
    cubes += square * d;
    fourths += square * square;
  }
  return sum + squares + cubes + fourths;
}

static NOINLINE double ends(const double *times, const double *values, long rows) {
  long first = 0, last = 0;
  for (long i = 1; i < rows; i++) {
    if (times[i] < times[first]) first = i;
    if (times[i] >= times[last]) last = i;
  }
  return values[last] - values[first];
}

static NOINLINE double trend(const double *times, const double *values, long rows) {
  const double start = times[0], base = values[0];
  double u = 0, d = 0, uu = 0, ud = 0;
  for (long i = 0; i < rows; i++) {
    const double time = times[i] - start, value = values[i] - base;
    u += time;
    d += value;
    uu += time * time;
    ud += time * value;
  }
  return (ud - u * d / rows) / (uu - u * u / rows);
}

static NOINLINE double circle(const double *times, const double *values, long rows) {
  (void)times;
  double sines = 0, cosines = 0;
  for (long i = 0; i < rows; i++) {
    const double radians = values[i] * (M_PI / 180);
    sines += sin(radians);
    cosines += cos(radians);
  }
  return sines + cosines;
}

static NOINLINE double histogram(const double *times, const double *values, long rows) {
  (void)times;
  double bins[4] = {0};
  for (long i = 0; i < rows; i++) {
    int bin = 0;
    while (bin < 3 && values[i] >= EDGES[bin]) bin++;
    bins[bin]++;
  }
  return bins[0] + 2 * bins[1] + 3 * bins[2];
}

// Values that hold: the last one for a step more.
static inline double span(const double *times, long i, long rows) {
  const double next = i + 1 < rows ? times[i + 1] : times[rows - 1] + 100;
  const double apart = next - times[i];
  return apart < HOLD ? apart : HOLD;
}

static NOINLINE double integral(const double *times, const double *values, long rows) {
  double area = 0;
  for (long i = 0; i < rows; i++) area += values[i] * span(times, i, rows);
  return area / 1e6;
}

static NOINLINE double twa(const double *times, const double *values, long rows) {
  double area = 0, covered = 0;
  for (long i = 0; i < rows; i++) {
    const double us = span(times, i, rows);
    area += values[i] * us;
    covered += us;
  }
  return area / covered;
}

static NOINLINE double duty(const double *times, const double *values, long rows) {
  double met = 0, covered = 0;
  for (long i = 0; i < rows; i++) {
    const double us = span(times, i, rows);
    met += values[i] > 20 ? us : 0;
    covered += us;
  }
  return met / covered;
}

static NOINLINE double ewma(const double *times, const double *values, long rows) {
  double mean = values[0];
  for (long i = 0; i < rows; i++) mean -= expm1(-span(times, i, rows) / 1e6 / TAU) * (values[i] - mean);
  return mean;
}

static NOINLINE double increase(const double *times, const double *values, long rows) {
  (void)times;
  double counted = 0;
  for (long i = 1; i < rows; i++) {
    const double step = values[i] - values[i - 1];
    counted += step >= 0 ? step : step + 65536;
  }
  return counted;
}

static NOINLINE double zerocross(const double *times, const double *values, long rows) {
  (void)times;
  double sum = 0;
  for (long i = 0; i < rows; i++) sum += values[i];
  const double mean = sum / rows;
  long crossed = 0;
  for (long i = 1; i < rows; i++) crossed += (values[i] > mean) != (values[i - 1] > mean);
  return crossed;
}

static const struct {
  const char *name;
  double (*body)(const double *, const double *, long);
} BODIES[] = {
    {"moments", moments}, {"tails", tails}, {"ends", ends},         {"trend", trend},
    {"circle", circle},   {"histogram", histogram}, {"integral", integral}, {"twa", twa},
    {"duty", duty},       {"ewma", ewma},   {"increase", increase}, {"zerocross", zerocross},
};

// Rows of many series in random order, a cache line each.
struct place {
  double count, sum, squares, min, max, unused[3];
};

static NOINLINE void interleaved(struct place *places, const uint32_t *ids, const double *values, long rows) {
  for (long i = 0; i < rows; i++) {
    struct place *p = places + ids[i];
    const double x = values[i];
    if (p->count == 0) p->min = p->max = x;
    p->count++;
    p->sum += x;
    p->squares += x * x;
    p->min = x < p->min ? x : p->min;
    p->max = x > p->max ? x : p->max;
  }
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int count, char **arguments) {
  const long rows = count > 1 ? atol(arguments[1]) : 10000, many = 100000;
  double *times = malloc(rows * sizeof *times), *values = malloc(rows * sizeof *values);
  double *column = malloc(many * sizeof *column);
  uint32_t *ids = malloc(many * sizeof *ids);
  if (!times || !values || !column || !ids) return 1;
  for (long i = 0; i < rows; i++) {
    times[i] = i * 100.0;
    values[i] = 20 + sin(i / 50.0) + sin((double)i * i);
  }
  for (size_t b = 0; b < sizeof BODIES / sizeof *BODIES; b++) {
    double best = 1e300;
    long repeats = 1;
    for (int turn = 0; turn < TURNS; turn++) {
      const double start = now_ns();
      for (long r = 0; r < repeats; r++) kept = BODIES[b].body(times, values, rows);
      const double ns = now_ns() - start;
      if (turn && ns / repeats < best) best = ns / repeats;
      repeats = (long)(repeats * TURN_NS / ns) + 1;
    }
    printf("%s %.4f\n", BODIES[b].name, best / rows);
  }
  for (int argument = 2; argument < count; argument++) {
    const long series = atol(arguments[argument]);
    struct place *places = aligned_alloc(64, series * sizeof *places);
    if (!places) return 1;
    memset(places, 0, series * sizeof *places);
    uint32_t random = 1;
    for (long i = 0; i < many; i++) {
      random = random * 1664525u + 1013904223u;
      ids[i] = (uint32_t)(random / 4294967296.0 * series);
      column[i] = 20 + sin((double)i);
    }
    double best = 1e300;
    for (int turn = 0; turn < 40; turn++) {
      const double start = now_ns();
      interleaved(places, ids, column, many);
      const double ns = now_ns() - start;
      if (turn && ns < best) best = ns;
    }
    printf("interleaved-%ld %.4f\n", series, best / many);
    free(places);
  }
  free(times);
  free(values);
  free(column);
  free(ids);
  return 0;
}
