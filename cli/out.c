#include "cli/out.h"
#include "domain/lifecycle.h"
#include "util/clock.h"
#include "util/err.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define NO_STATE CONVENE__V1__STATE__STATE_NONE
#define CELL_MAX 60 /* columns; what is longer is cut */

struct table_row {
	struct table_row *next;
	Convene__V1__State state;
	const char *cells[];
};

bool out_has_colour(FILE *file)
{
	const char *no = getenv("NO_COLOR");

	return (no == NULL || no[0] == '\0') && isatty(fileno(file)) == 1;
}

const char *out_plain(FILE *file)
{
	return out_has_colour(file) ? "\033[0m" : "";
}

const char *out_bold(FILE *file)
{
	return out_has_colour(file) ? "\033[1m" : "";
}

const char *out_state_colour(FILE *file, Convene__V1__State state)
{
	if (!out_has_colour(file))
		return "";
	switch (state) {
	case STATE_CONFIRMED:
	case STATE_HELD:
		return "\033[32m";
	case STATE_PROPOSED:
		return "\033[36m";
	case STATE_WAITLISTED:
	case STATE_REVISION_REQUIRED:
	case STATE_POSTPONED:
		return "\033[33m";
	case STATE_REJECTED:
	case STATE_DECLINED:
	case STATE_CANCELLED:
	case STATE_QUARANTINED:
		return "\033[31m";
	default:
		return "";
	}
}

/* One character of a text: its bytes and columns; a control character, or a byte that is none,
 * counts as one column and is not shown as it is. */
static size_t next_char(const char *text, mbstate_t *state, int *ret_columns, bool *ret_is_shown)
{
	wchar_t c;
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, state);

	if (n == 0 || n > MB_CUR_MAX) {
		*state = (mbstate_t){ 0 };
		*ret_columns = 1;
		*ret_is_shown = false;
		return 1;
	}
	*ret_columns = wcwidth(c);
	*ret_is_shown = *ret_columns >= 0 && !iswcntrl((wint_t)c);
	if (!*ret_is_shown)
		*ret_columns = 1;
	return n;
}

size_t out_width(const char *text)
{
	mbstate_t state = { 0 };
	size_t width = 0;

	while (*text != '\0') {
		bool is_shown;
		int columns;

		text += next_char(text, &state, &columns, &is_shown);
		width += (size_t)columns;
	}
	return width;
}

size_t out_text(FILE *file, const char *text, size_t max)
{
	const bool is_cut = out_width(text) > max;
	mbstate_t state = { 0 };
	size_t width = 0;

	while (*text != '\0') {
		bool is_shown;
		int columns;
		size_t n = next_char(text, &state, &columns, &is_shown);

		if (width + (size_t)columns + (is_cut ? 1 : 0) > max)
			break;
		if (is_shown)
			fwrite(text, 1, n, file);
		else
			fputc('?', file);
		width += (size_t)columns;
		text += n;
	}
	if (is_cut && max > 0) {
		fputs("…", file);
		width++;
	}
	return width;
}

void table_init(struct table *t, struct arena *arena, const char *const *headings, size_t n_columns)
{
	CVN_REQUIRE(n_columns <= OUT_COLUMNS_MAX);
	*t = (struct table){ .arena = arena, .headings = headings, .n_columns = n_columns };
}

void table_row_of_state(struct table *t, const char *const *cells, Convene__V1__State state)
{
	struct table_row *row =
		arena_alloc(t->arena, sizeof(*row) + t->n_columns * sizeof(row->cells[0]));

	if (row == NULL)
		return;
	row->next = NULL;
	row->state = state;
	for (size_t i = 0; i < t->n_columns; i++)
		row->cells[i] = cells[i] != NULL ? cells[i] : "";
	if (t->last != NULL)
		t->last->next = row;
	else
		t->first = row;
	t->last = row;
	t->n_rows++;
}

void table_row(struct table *t, const char *const *cells)
{
	table_row_of_state(t, cells, NO_STATE);
}

static bool is_number(const char *heading)
{
	return heading[0] == '>';
}

static void print_cells(const struct table *t, const char *const *cells, const size_t *widths,
			FILE *file)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const bool right = is_number(t->headings[i]);
		const char *cell = cells == t->headings && right ? cells[i] + 1 : cells[i];
		const size_t width = out_width(cell) < widths[i] ? out_width(cell) : widths[i];
		const int pad = (int)(widths[i] - width);

		if (right)
			fprintf(file, "%*s", pad, "");
		out_text(file, cell, widths[i]);
		if (i + 1 < t->n_columns)
			fprintf(file, "%*s", right ? 2 : pad + 2, "");
	}
}

void table_print(const struct table *t, FILE *file)
{
	size_t widths[OUT_COLUMNS_MAX];

	if (t->n_rows == 0)
		return;
	for (size_t i = 0; i < t->n_columns; i++) {
		widths[i] = out_width(t->headings[i]) - (is_number(t->headings[i]) ? 1 : 0);
		for (const struct table_row *row = t->first; row != NULL; row = row->next) {
			const size_t width = out_width(row->cells[i]);

			if (width > widths[i])
				widths[i] = width < CELL_MAX ? width : CELL_MAX;
		}
	}
	fputs(out_bold(file), file);
	print_cells(t, t->headings, widths, file);
	fprintf(file, "%s\n", out_plain(file));
	for (const struct table_row *row = t->first; row != NULL; row = row->next) {
		fputs(out_state_colour(file, row->state), file);
		print_cells(t, row->cells, widths, file);
		fprintf(file, "%s\n", out_plain(file));
	}
}

void progress_start(struct progress *p, const char *what, int64_t total)
{
	*p = (struct progress){ .what = what, .total = total, .is_on = isatty(STDERR_FILENO) == 1 };
}

void progress_show(struct progress *p, int64_t done, const char *note)
{
	static const char FULL[] = "##############################";
	const uint64_t now_ms = clock_ms();
	int n;

	if (!p->is_on || p->total <= 0 || now_ms - p->drawn_ms < 50)
		return;
	p->drawn_ms = now_ms;
	n = (int)(done * 30 / p->total);
	fprintf(stderr, "\r\033[K%s [%-30.*s] %lld/%lld %s", p->what, n, FULL, (long long)done,
		(long long)p->total, note != NULL ? note : "");
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->is_on && p->drawn_ms != 0)
		fputs("\r\033[K", stderr);
	p->is_on = false;
}
