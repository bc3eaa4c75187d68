// The real transform of SIZE doubles: kissfft's template in double (Debian's library is of floats) or FFTW
// (FFTW_MEASURE). With -DKISS_FLOAT the library of floats. Usage: fft SIZE kissfft|fftw; answers the best of 15 rounds
// in nanoseconds.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>
#ifdef KISS_FLOAT
#include <kissfft/kiss_fftr.h>
#else
#include <complex>
#include <fftw3.h>
#include <kissfft/kissfft.hh>
#endif

static double now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

template <class Body> static void best(Body body) {
  double best = 1e300;
  for (int round = 0; round < 15; round++) {
    const double start = now_ns();
    for (int i = 0; i < 300; i++) body();
    const double ns = (now_ns() - start) / 300;
    if (ns < best) best = ns;
  }
  std::printf("%.0f\n", best);
}

int main(int count, char **arguments) {
  if (count < 3) return 64;
  const int size = std::atoi(arguments[1]);
#ifdef KISS_FLOAT
  std::vector<float> values(size);
  for (auto &value : values) value = drand48() - 0.5;
  std::vector<kiss_fft_cpx> bins(size / 2 + 1);
  kiss_fftr_cfg plan = kiss_fftr_alloc(size, 0, nullptr, nullptr);
  best([&] { kiss_fftr(plan, values.data(), bins.data()); });
#else
  if (!std::strcmp(arguments[2], "fftw")) {
    double *values = fftw_alloc_real(size);
    fftw_complex *bins = fftw_alloc_complex(size / 2 + 1);
    fftw_plan plan = fftw_plan_dft_r2c_1d(size, values, bins, FFTW_MEASURE);
    for (int i = 0; i < size; i++) values[i] = drand48() - 0.5;
    best([&] { fftw_execute(plan); });
    return 0;
  }
  std::vector<double> values(size);
  for (auto &value : values) value = drand48() - 0.5;
  std::vector<std::complex<double>> bins(size / 2 + 1);
  kissfft<double> plan(size / 2, false);
  best([&] { plan.transform_real(values.data(), bins.data()); });
#endif
}
