#include "cli/month.h"
#include "cli/out.h"
#include "domain/day.h"

#include <string.h>

#define CELL_WIDTH 8

/* 0 is Monday. Day 0, 1970-01-01, was a Thursday. */
static int weekday(int32_t day)
{
	return (int)(((day + 3) % 7 + 7) % 7);
}

bool month_parse(const char *text, struct month *ret)
{
	char day_text[DAY_TEXT_SIZE];
	int32_t first, last;

	if (strlen(text) != 7 || snprintf(day_text, sizeof(day_text), "%s-01", text) != 10 ||
	    !day_parse(day_text, &first))
		return false;
	for (last = first + 27; last < first + 31;
	     last++) { /* its last day is the last with its name */
		day_format(last + 1, day_text);
		if (memcmp(day_text, text, 7) != 0)
			break;
	}
	*ret = (struct month){ .first_day = first, .n_days = (int)(last - first + 1) };
	memcpy(ret->text, text, sizeof(ret->text));
	return true;
}

struct month month_of_day(int32_t day)
{
	char text[DAY_TEXT_SIZE];
	struct month m;

	day_format(day, text);
	text[7] = '\0';
	CVN_REQUIRE(month_parse(text, &m)); /* what day_format() writes is a day */
	return m;
}

struct month month_after(const struct month *m)
{
	return month_of_day(m->first_day + m->n_days);
}

static void print_week(FILE *file, const struct month *m, const int *counts, int monday)
{
	for (int i = 0; i < 7; i++) {
		const int at = monday + i;

		if (at < 0 || at >= m->n_days)
			fprintf(file, "%*s", CELL_WIDTH, "");
		else if (counts[at] > 0)
			fprintf(file, " %2d%s%4d%s ", at + 1, out_bold(file), counts[at],
				out_plain(file));
		else
			fprintf(file, " %2d   · ", at + 1);
	}
	fputc('\n', file);
}

void month_print(FILE *file, const struct month *m, const int *counts)
{
	static const char *const NAMES[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	fprintf(file, "%s%s%s\n", out_bold(file), m->text, out_plain(file));
	for (int i = 0; i < 7; i++)
		fprintf(file, "%-*s", CELL_WIDTH, NAMES[i]);
	fputc('\n', file);
	for (int monday = -weekday(m->first_day); monday < m->n_days; monday += 7)
		print_week(file, m, counts, monday);
}
