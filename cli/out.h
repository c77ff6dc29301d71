/* out.h - what a person sees: columns, colours, a progress bar.
 *
 * Texts that others wrote are shown without their control characters, so that none of them can
 * speak to the terminal.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     OUT_COLUMNS_MAX columns.
 * Not here  JSON (record_json.h), files. */
#pragma once
#include "convene/v1/record.pb-c.h"
#include "util/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUT_COLUMNS_MAX 16

/* Rows of texts, shown in columns as wide as they have to be. Rows live in `arena`. */
struct table {
	/* private from here on */
	struct arena *arena;
	const char *const *headings;
	size_t n_columns;
	struct table_row *first, *last;
	size_t n_rows;
};

/* Makes an empty table; `headings` is borrowed, `n_columns` of them. A heading that begins with >
 * is of a column of numbers: set to the right. */
void table_init(struct table *t, struct arena *arena, const char *const *headings,
		size_t n_columns);

/* Adds a row: as many texts as there are columns, NULL for an empty one; they are borrowed until
 * the table is printed. Out of memory, the row is left out. */
void table_row(struct table *t, const char *const *cells);

/* As table_row(), with the colour of a state on the whole row. */
void table_row_of_state(struct table *t, const char *const *cells, Convene__V1__State state);

/* Prints the headings and rows; nothing for a table without rows. */
void table_print(const struct table *t, FILE *file);

/* May `file` be coloured: a terminal, and no NO_COLOR? */
bool out_has_colour(FILE *file);

/* The colour of a state as an escape sequence, and its end; empty where `file` is not to be
 * coloured. */
const char *out_state_colour(FILE *file, Convene__V1__State state);
const char *out_bold(FILE *file);
const char *out_plain(FILE *file);

/* Columns that `text` takes on a terminal: two for Chinese, none for accents. */
size_t out_width(const char *text);

/* Prints `text`, cut after `max` columns, without control characters. Returns the columns that it
 * took. */
size_t out_text(FILE *file, const char *text, size_t max);

/* A progress bar on standard error, where that is a terminal. */
struct progress {
	const char *what;
	int64_t total;
	/* private from here on */
	uint64_t drawn_ms;
	bool is_on;
};

/* Begins a bar; `what` is borrowed. */
void progress_start(struct progress *p, const char *what, int64_t total);

/* Shows that `done` of the total are done; `note` is shown behind it. Draws a few times a second at
 * most. */
void progress_show(struct progress *p, int64_t done, const char *note);

/* Takes the bar away. */
void progress_end(struct progress *p);
