/* month.h - a month as a grid of weeks, Monday first.
 *
 * Layer     cli; pure, but for printing.
 * Thread    any.
 * Not here  which events there are (calendar.c). */
#pragma once
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct month {
	int32_t first_day; /* as domain/day.h counts */
	int n_days;
	char text[8]; /* "2022-07" */
};

/* Reads "2022-07". False: that is no month. */
bool month_parse(const char *text, struct month *ret);

/* The month that `day` lies in, and the one after `m`. */
struct month month_of_day(int32_t day);
struct month month_after(const struct month *m);

/* Prints the grid: under each day's number how many events are held on it, by counts[day of the
 * month - 1]. */
void month_print(FILE *file, const struct month *m, const int *counts);
