/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench/durations.h"

/* Numbers below 64 have a bucket each; from there on each power of two has 64. */
static unsigned
bucket_of(uint64_t nanoseconds)
{
  if (nanoseconds < PW_DURATION_STEPS) {
    return (unsigned)nanoseconds;
  }
  unsigned shift  = 63u - (unsigned)__builtin_clzll(nanoseconds) - 6;
  unsigned bucket = shift * PW_DURATION_STEPS + (unsigned)(nanoseconds >> shift);
  return bucket < PW_DURATION_BUCKETS ? bucket : PW_DURATION_BUCKETS - 1;
}

static double
middle_of(unsigned bucket)
{
  if (bucket < 2 * PW_DURATION_STEPS) {
    return bucket;
  }
  unsigned shift = bucket / PW_DURATION_STEPS - 1;
  uint64_t begin = (uint64_t)(bucket - shift * PW_DURATION_STEPS) << shift;
  return (double)begin + (double)((UINT64_C(1) << shift) - 1) / 2;
}

void
pw_durations_add(struct pw_durations *durations, uint64_t nanoseconds)
{
  if (durations->count == 0 || nanoseconds < durations->least) {
    durations->least = nanoseconds;
  }
  if (nanoseconds > durations->most) {
    durations->most = nanoseconds;
  }
  durations->count++;
  durations->sum += nanoseconds;
  durations->buckets[bucket_of(nanoseconds)]++;
}

double
pw_durations_part(const struct pw_durations *durations, double part)
{
  uint64_t wanted = (uint64_t)(part * (double)durations->count);
  uint64_t passed = 0;
  for (unsigned i = 0; i < PW_DURATION_BUCKETS; i++) {
    passed += durations->buckets[i];
    if (passed > wanted || (passed > 0 && passed == durations->count)) {
      double middle = middle_of(i);
      /* The middle of a bucket may lie beyond what is in it. */
      return middle < (double)durations->least  ? (double)durations->least
             : middle > (double)durations->most ? (double)durations->most
                                                : middle;
    }
  }
  return 0;
}

double
pw_durations_mean(const struct pw_durations *durations)
{
  return durations->count > 0 ? (double)durations->sum / (double)durations->count : 0;
}

const char *
pw_duration_text(double nanoseconds, char text[PW_DURATION_TEXT])
{
  static const char *const units[] = {"ns", "µs", "ms", "s"};
  unsigned                 unit    = 0;
  while (nanoseconds >= 999.5 && unit < 3) {
    nanoseconds /= 1000;
    unit++;
  }
  int digits = unit == 0 || nanoseconds >= 100 ? 0 : nanoseconds >= 10 ? 1 : 2;
  snprintf(text, PW_DURATION_TEXT, "%.*f %s", digits, nanoseconds, units[unit]);
  return text;
}
