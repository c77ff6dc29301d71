#include "cli/show.h"
#include "cli/out.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *show_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

const char *show_text(Convene__V1__Text *const *texts, size_t n, const char *lang)
{
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (texts[i]->lang == NULL || texts[i]->text == NULL)
			continue;
		if (lang != NULL && strcmp(texts[i]->lang, lang) == 0)
			return texts[i]->text;
		if (found == NULL || strcmp(texts[i]->lang, "en") == 0)
			found = texts[i]->text;
	}
	return show_or_empty(found);
}

void show_last_day(const char *first_day, int64_t duration, char ret_text[DAY_TEXT_SIZE])
{
	int32_t day;

	ret_text[0] = '\0';
	if (duration > 0 && duration < 100000 && day_parse(first_day, &day))
		day_format(day + (int32_t)duration - 1, ret_text);
}

const char *show_time(int64_t unix_ms, struct arena *arena)
{
	const time_t seconds = (time_t)(unix_ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return "";
	return show_or_empty(arena_strdup(arena, text));
}

static void print(const char *text)
{
	out_text(stdout, show_or_empty(text), SIZE_MAX);
}

/* "  kind            training_camp": the beginning of a line. */
static void label(const char *name)
{
	printf("  %-15s ", name);
}

static void line(const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	label(name);
	print(text);
	putchar('\n');
}

static void number(const char *name, int is_there, int64_t n)
{
	if (is_there)
		printf("  %-15s %" PRId64 "\n", name, n);
}

static void names(const char *name, char *const *texts, size_t n)
{
	if (n == 0)
		return;
	label(name);
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : "", stdout);
		print(texts[i]);
	}
	putchar('\n');
}

void show_brief(const Convene__V1__Record *record)
{
	const Convene__V1__Standing *s = record->standing;

	print(record->id);
	if (s != NULL) {
		printf(": %s%s%s", out_state_colour(stdout, s->state), state_name(s->state),
		       out_plain(stdout));
		if (s->placement != NULL) {
			fputs(" at ", stdout);
			print(s->placement->venue);
			fputs(" from ", stdout);
			print(s->placement->first_day);
		}
	}
	putchar('\n');
}

static void show_content(const Convene__V1__Request *r, const char *lang)
{
	line("title", show_text(r->title, r->n_title, lang));
	line("federation", r->federation);
	line("kind", r->kind);
	line("discipline", r->discipline);
	number("level", r->has_level, r->level);
	number("days", r->has_duration, r->duration);
	for (size_t i = 0; i < r->n_windows; i++) {
		label(i == 0 ? "windows" : "");
		print(r->windows[i]->first);
		fputs(" to ", stdout);
		print(r->windows[i]->last);
		putchar('\n');
	}
	line("wished from", r->preferred_first_day);
	names("hosts", r->hosts, r->n_hosts);
	names("venues", r->venues, r->n_venues);
	names("facilities", r->facilities, r->n_facilities);
	number("units", r->has_units, r->units);
	number("people", r->has_headcount, r->headcount);
	for (size_t i = 0; i < r->n_services; i++)
		number(show_or_empty(r->services[i]->service), r->services[i]->has_staff,
		       r->services[i]->staff);
	names("squads", r->squads, r->n_squads);
	for (size_t i = 0; i < r->n_after; i++) {
		label("after");
		print(r->after[i]->request);
		printf(", %" PRId64 " to %" PRId64 " days\n", r->after[i]->min_gap,
		       r->after[i]->max_gap);
	}
	number("value", r->has_value, r->value);
	if (r->announced != NULL) {
		label("announced");
		print(r->announced->venue);
		fputs(" from ", stdout);
		print(r->announced->first_day);
		printf("%s\n", r->announced->fixed ? ", fixed" : "");
	}
	line("contact", r->contact);
	line("note", r->note);
}

static void show_place(const char *name, const Convene__V1__Placement *p, int64_t days)
{
	char last[DAY_TEXT_SIZE];

	if (p == NULL)
		return;
	show_last_day(p->first_day, days, last);
	label(name);
	print(p->venue);
	fputs(", ", stdout);
	print(p->first_day);
	printf("%s%s\n", last[0] != '\0' ? " to " : "", last);
}

/* Who said so, and why; ends the line. */
static void show_by(const char *by, int64_t unix_ms, const char *reason, struct arena *arena)
{
	print(by);
	printf(", %s", show_time(unix_ms, arena));
	if (reason != NULL) {
		fputs(": ", stdout);
		print(reason);
	}
	putchar('\n');
}

static void show_invitations(const Convene__V1__Standing *s)
{
	for (size_t i = 0; i < s->n_invitations; i++) {
		const Convene__V1__Invitation *v = s->invitations[i];

		label(i == 0 ? "invited" : "");
		print(v->squad);
		printf(", %" PRId64 " people", v->invited);
		if (v->state != NULL && strcmp(v->state, "invited") != 0) {
			fputs(": ", stdout);
			print(v->state);
			printf(", %" PRId64 " come", v->people);
		}
		putchar('\n');
	}
	line("host asked", s->host_asked ? "yes: too few people can come" : NULL);
	number("people kept", s->has_people_kept, s->people_kept);
}

static void show_allowances(const Convene__V1__Standing *s, struct arena *arena)
{
	for (size_t i = 0; i < s->n_allowances; i++) {
		const Convene__V1__Allowance *a = s->allowances[i];

		label(i == 0 ? "allowed" : "");
		print(a->code);
		printf(" for revision %" PRId64 ", by ", a->revision);
		show_by(a->by, a->unix_ms, a->reason, arena);
	}
}

static void show_consents(const Convene__V1__Standing *s, struct arena *arena)
{
	names("consent of", s->consent_needed, s->n_consent_needed);
	for (size_t i = 0; i < s->n_consents; i++) {
		label("given by");
		print(s->consents[i]->noc);
		fputs(", ", stdout);
		print(s->consents[i]->by);
		printf(", %s\n", show_time(s->consents[i]->unix_ms, arena));
	}
	if (s->decision == NULL)
		return;
	label("last decision");
	print(s->decision->what);
	fputs(" by ", stdout);
	show_by(s->decision->by, s->decision->unix_ms, s->decision->reason, arena);
}

static void show_standing(const Convene__V1__Request *r, const Convene__V1__Standing *s,
			  struct arena *arena)
{
	show_place("place", s->placement, r != NULL ? r->duration : 0);
	show_place("was at", s->was, r != NULL ? r->duration : 0);
	for (size_t i = 0; i < s->n_warnings; i++)
		line(i == 0 ? "be warned" : "", s->warnings[i]->text);
	for (size_t i = 0; i < s->n_alternatives; i++) {
		label(i == 0 ? "alternatives" : "");
		print(s->alternatives[i]->venue);
		fputs(", from ", stdout);
		print(s->alternatives[i]->first_day);
		printf(", costs %" PRId64 "%s\n", s->alternatives[i]->cost,
		       s->alternatives[i]->outside_windows ? ", outside the windows" : "");
	}
	for (size_t i = 0; i < s->n_reasons; i++) {
		label(i == 0 ? "waits because" : "");
		print(s->reasons[i]->code);
		fputs(": ", stdout);
		print(s->reasons[i]->text);
		putchar('\n');
	}
	for (size_t i = 0; i < s->n_violations; i++) {
		label(i == 0 ? "wrong" : "");
		print(s->violations[i]->field);
		fputs(": ", stdout);
		print(s->violations[i]->code);
		fputs(": ", stdout);
		print(s->violations[i]->text);
		putchar('\n');
	}
	line("accept by", s->accept_by);
	line("decide by", s->decide_by);
	line("amend by", s->amend_by);
	line("in conflict", s->in_conflict ? "yes: something has made it impossible" : NULL);
	line("last words", s->last_words);
	number("priority", s->has_value, s->value);
	show_allowances(s, arena);
	show_invitations(s);
	show_consents(s, arena);
	line("late", s->late ? "yes: cancelled within the days that the policy names" : NULL);
}

void show_full(const Convene__V1__Record *record, const char *lang, struct arena *arena)
{
	fputs(out_bold(stdout), stdout);
	print(record->id);
	fputs(out_plain(stdout), stdout);
	if (record->standing != NULL)
		printf("  %s%s%s", out_state_colour(stdout, record->standing->state),
		       state_name(record->standing->state), out_plain(stdout));
	printf("  revision %" PRId64 ", received %s\n", record->revision,
	       show_time(record->received_unix_ms, arena));
	if (record->content != NULL)
		show_content(record->content, lang);
	if (record->standing != NULL)
		show_standing(record->content, record->standing, arena);
}
