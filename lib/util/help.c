/* Plain text first, roff below it. */
#include "util/help.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS 79
#define LEFT_MOST 28 /* columns of an option; a longer one stands on a line of its own */

/* ---- plain text ---- */

void help_wrap(FILE *out, const char *text, size_t indent, size_t column)
{
	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (column > indent && column + 1 + n > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)n, text);
		column += n;
		text += n;
		if (*text == '\n') {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		if (*text != '\0')
			text++;
	}
	fputc('\n', out);
}

static size_t widest(const struct help_row *rows, size_t n)
{
	size_t widest = 0;

	for (size_t i = 0; i < n; i++) {
		size_t width = strlen(rows[i].term);

		if (width > widest && width <= LEFT_MOST)
			widest = width;
	}
	return widest;
}

static void print_rows(FILE *out, const struct help_row *rows, size_t n)
{
	size_t indent = 2 + widest(rows, n) + 2;

	for (size_t i = 0; i < n; i++) {
		if (strlen(rows[i].term) > indent - 4)
			fprintf(out, "  %s\n%*s", rows[i].term, (int)indent, "");
		else
			fprintf(out, "  %-*s  ", (int)indent - 4, rows[i].term);
		help_wrap(out, rows[i].about, indent, indent);
	}
}

static void print_part(FILE *out, const struct help_part *part)
{
	if (part->usage != NULL)
		fprintf(out, "usage: %s\n", part->usage);
	if (part->about != NULL) {
		fputc('\n', out);
		help_wrap(out, part->about, 0, 0);
	}
	if (part->n_options > 0)
		fputc('\n', out);
	print_rows(out, part->options, part->n_options);
	if (part->more != NULL) {
		fputc('\n', out);
		help_wrap(out, part->more, 0, 0);
	}
	if (part->n_exits > 0)
		fputs("\nExit status:\n", out);
	print_rows(out, part->exits, part->n_exits);
}

void help_print(FILE *out, const struct help_part *parts, size_t n_parts)
{
	for (size_t i = 0; i < n_parts; i++) {
		if (i > 0 && parts[i].usage != NULL)
			fputc('\n', out);
		print_part(out, &parts[i]);
	}
}

/* ---- roff ---- */

void help_roff(FILE *out, const char *text)
{
	bool fresh = true;

	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else if (fresh && (*text == '.' || *text == '\''))
			fprintf(out, "\\&%c", *text);
		else
			fputc(*text, out);
		fresh = *text == '\n';
	}
}

static void roff_paragraph(FILE *out, const char *text)
{
	if (text == NULL)
		return;
	fputs(".PP\n", out);
	help_roff(out, text);
	fputc('\n', out);
}

static void roff_rows(FILE *out, const struct help_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fputs(".TP\n.B ", out);
		help_roff(out, rows[i].term);
		fputc('\n', out);
		help_roff(out, rows[i].about);
		fputc('\n', out);
	}
}

static void roff_usage(FILE *out, const char *usage)
{
	fputs(".PP\n.nf\n.B ", out);
	help_roff(out, usage);
	fputs("\n.fi\n", out);
}

static void roff_parts(FILE *out, const struct help_page *page)
{
	for (size_t i = 0; i < page->n_parts; i++) {
		const struct help_part *part = &page->parts[i];

		if (part->usage != NULL && i > 0) {
			fputs(".SS ", out);
			help_roff(out, part->usage);
			fputc('\n', out);
		}
		roff_paragraph(out, part->about);
		roff_rows(out, part->options, part->n_options);
		roff_paragraph(out, part->more);
		if (part->n_exits > 0)
			roff_paragraph(out, "Exit status:");
		roff_rows(out, part->exits, part->n_exits);
	}
}

void help_man(FILE *out, const struct help_page *page)
{
	fputs(".TH ", out);
	help_roff(out, page->program);
	fprintf(out, " %d \"\" \"Convene " CONVENE_VERSION "\"\n.SH NAME\n", page->section);
	help_roff(out, page->program);
	fputs(" \\- ", out);
	help_roff(out, page->summary);
	fputs("\n.SH SYNOPSIS\n", out);
	for (size_t i = 0; i < page->n_parts; i++)
		if (page->parts[i].usage != NULL)
			roff_usage(out, page->parts[i].usage);
	fputs(".SH DESCRIPTION\n", out);
	roff_parts(out, page);
	fputs(".SH SEE ALSO\n", out);
	help_roff(out, page->see_also);
	fputc('\n', out);
}
