/* clock.h - what time it is.
 *
 * Layer     util.
 * Thread    any.
 * Not here  the loop's cached time (io/loop.h); days (domain/day.h). */
#pragma once
#include <stdint.h>

/* Milliseconds on a clock that never jumps; only differences mean anything. */
uint64_t clock_ms(void);

/* The same in microseconds, for measuring. */
uint64_t clock_us(void);

/* Milliseconds since 1970-01-01 UTC; may jump when the machine's clock is set. */
int64_t clock_unix_ms(void);
