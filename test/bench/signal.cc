// The signal kernels natively, same algorithms, over a transform by kissfft in double. Usage: signal ROWS; answers the
// best of 15 rounds in nanoseconds a sample, as JSON by kernel.
#include <cmath>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <kissfft/kissfft.hh>
#include <vector>

static const int LENGTH = 4096;
static const double RATE = 10000;
static kissfft<double> plan(LENGTH / 2, false);
static std::vector<double> window(LENGTH), segment(LENGTH), density(LENGTH / 2 + 1), envelope;
static std::vector<std::complex<double>> bins(LENGTH / 2 + 1);

static void welch(const double *values, int rows) {
  for (auto &each : density) each = 0;
  int segments = 0;
  for (int at = 0; at + LENGTH <= rows; at += LENGTH / 2, segments++) {
    double sum = 0;
    for (int i = 0; i < LENGTH; i++) sum += values[at + i];
    const double mean = sum / LENGTH;
    for (int i = 0; i < LENGTH; i++) segment[i] = (values[at + i] - mean) * window[i];
    plan.transform_real(segment.data(), bins.data());
    density[0] += bins[0].real() * bins[0].real();
    density[LENGTH / 2] += bins[0].imag() * bins[0].imag();
    for (int k = 1; k < LENGTH / 2; k++)
      density[k] += bins[k].real() * bins[k].real() + bins[k].imag() * bins[k].imag();
  }
  const double factor = 2 / (RATE * 0.375 * LENGTH * segments);
  for (auto &each : density) each *= factor;
}

static double band_rms(int low, int high) {
  double sum = 0;
  for (int k = low; k < high; k++) sum += density[k];
  return std::sqrt(sum * RATE / LENGTH);
}

static double zerocross(const double *values, int rows) {
  double sum = 0;
  for (int i = 0; i < rows; i++) sum += values[i];
  const double mean = sum / rows;
  int crossings = 0;
  for (int i = 1; i < rows; i++) crossings += (values[i] - mean < 0) != (values[i - 1] - mean < 0);
  return crossings;
}

// Four sections; the coefficients are some stable ones, what they are doesn't matter to the clock.
static void rectified_band(const double *values, int rows) {
  static const double a[4] = {-0.3, 0.5, -0.7, 0.9}, b[4] = {0.7, 0.75, 0.8, 0.85};
  double u1 = 0, u2 = 0, v1 = 0, v2 = 0, w1 = 0, w2 = 0, y1 = 0, y2 = 0, z1 = 0, z2 = 0;
  for (int i = 0; i < rows; i++) {
    const double u = (values[i] - values[0]) * 0.01;
    const double v = u - u2 - b[0] * v2 - a[0] * v1, w = v - v2 - b[1] * w2 - a[1] * w1;
    const double y = w - w2 - b[2] * y2 - a[2] * y1, z = y - y2 - b[3] * z2 - a[3] * z1;
    u2 = u1, u1 = u, v2 = v1, v1 = v, w2 = w1, w1 = w, y2 = y1, y1 = y, z2 = z1, z1 = z;
    envelope[i] = std::fabs(z);
  }
}

static double now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double kept = 0;

template <class Body> static double best(int rows, Body body) {
  double best = 1e300;
  for (int round = 0; round < 15; round++) {
    const double start = now_ns();
    for (int i = 0; i < 20; i++) kept += body();
    const double ns = (now_ns() - start) / (20.0 * rows);
    if (ns < best) best = ns;
  }
  return best;
}

int main(int count, char **arguments) {
  const int rows = count > 1 ? std::atoi(arguments[1]) : 10000;
  std::vector<double> values(rows);
  envelope.resize(rows);
  for (int i = 0; i < LENGTH; i++) window[i] = 0.5 - 0.5 * std::cos(2 * M_PI * i / LENGTH);
  for (int i = 0; i < rows; i++) values[i] = 9.8 + std::sin(i / 3.0) + std::sin((double)i * i);
  const double *v = values.data();
  const double spectrum = best(rows, [&] { return welch(v, rows), band_rms(4, 410); });
  const double carrier = best(rows, [&] { return rectified_band(v, rows), welch(envelope.data(), rows), band_rms(4, 205); });
  const double crossings = best(rows, [&] { return zerocross(v, rows); });
  std::printf("{\"band_rms\":%.4f,\"envelope_rms\":%.4f,\"zerocross\":%.4f}\n", spectrum, carrier, crossings);
  return kept == 0;
}
