#ifndef BENCH_DATAGRAM_H_
#define BENCH_DATAGRAM_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/*
 * Rules that the programs of all languages share. A datagram starts with its number, 32 bits, little-endian: numbers count from 0 during
 * the warm-up, and from MEASURED during the measurement; END closes the run. Byte i >= 4 is (number + i) & 255 in each 1,024th
 * datagram, which is checked whole; in the others, number and length are checked.
 */
#define MEASURED 0x80000000u
#define END 0xffffffffu
#define SAMPLE 1023u
#define MAX_DATAGRAM_BYTES 65507

static inline uint32_t number_of(const uint8_t *bytes) {
  uint32_t number;
  memcpy(&number, bytes, sizeof number);
  return number;
}

static inline void fill(uint8_t *bytes, int length, uint32_t number) {
  memcpy(bytes, &number, sizeof number);
  if ((number & SAMPLE) != 0) return;
  for (int i = 4; i < length; i++) bytes[i] = (uint8_t)(number + (uint32_t)i);
}

static inline int is_intact(const uint8_t *bytes, int length, uint32_t number) {
  for (int i = 4; i < length; i++) {
    if (bytes[i] != (uint8_t)(number + (uint32_t)i)) return 0;
  }
  return 1;
}

static inline double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Returns user and system time of this process in microseconds. */
static inline double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Count of arrived datagrams, summed over every port of a program; `next` is the number that each port expects. */
struct tally {
  int size;
  int measuring;
  long received, bytes, missing, misordered, corrupted;
  double started_cpu_us, started_s;
};

static inline void start_measuring(struct tally *tally) {
  if (tally->measuring) return;
  tally->measuring = 1;
  tally->received = tally->bytes = tally->missing = tally->misordered = tally->corrupted = 0;
  tally->started_cpu_us = cpu_us();
  tally->started_s = seconds_now();
}

static inline void print_tally(const struct tally *tally) {
  printf("result received=%ld bytes=%ld missing=%ld misordered=%ld corrupted=%ld cpuUs=%.0f seconds=%.6f\n", tally->received, tally->bytes,
         tally->missing, tally->misordered, tally->corrupted, cpu_us() - tally->started_cpu_us, seconds_now() - tally->started_s);
  fflush(stdout);
}

/* Counts one datagram; returns 0 when it was END. */
static inline int count(struct tally *tally, uint32_t *next, const uint8_t *bytes, int length) {
  uint32_t number = number_of(bytes);
  if (number != *next) {
    if (number == END) return 0;
    if (number >= MEASURED && *next < MEASURED) {
      start_measuring(tally);
      *next = MEASURED;
    }
    if (number < *next) tally->misordered++;
    else tally->missing += number - *next;
  }
  *next = number + 1;
  if (number < MEASURED && tally->measuring) return 1; /* of the warm-up; another port is ahead */
  tally->received++;
  tally->bytes += length;
  if (length != tally->size || ((number & SAMPLE) == 0 && !is_intact(bytes, length, number))) tally->corrupted++;
  return 1;
}

/* Returns the value of argument `name=value`, `fallback` when it is not given. */
static inline const char *text_option(int argc, char **argv, const char *name, const char *fallback) {
  size_t length = strlen(name);
  for (int i = 2; i < argc; i++) {
    if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
  }
  return fallback;
}

static inline double option(int argc, char **argv, const char *name, double fallback) {
  const char *text = text_option(argc, argv, name, NULL);
  return text == NULL ? fallback : atof(text);
}

#endif
