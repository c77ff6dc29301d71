#include "cli/minutes.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"
#include "cli/snapshot.h"
#include "domain/day.h"
#include "domain/lifecycle.h"
#include "util/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#define MINUTES_BYTES ((size_t)256 << 20)

/* One decision. */
struct item {
	struct item *next;
	size_t number; /* in the order of the log */
	int64_t unix_ms;
	const char *request; /* NULL: it was about the programme */
	const char *what, *by, *role, *noc, *reason;
	const char *detail;       /* which value, what was let pass; or NULL */
	Convene__V1__State state; /* from then on */
	const char *venue, *first_day;
};

/* Up to which decision a request was told: the log repeats it until the next. */
struct told {
	char id[ID_MAX_BYTES + 1];
	int64_t unix_ms;
	const char *what, *by, *noc, *reason;
	UT_hash_handle hh;
};

struct minutes {
	int32_t first, last;
	const char *lang;
	struct arena arena;
	struct told *told;
	const char *phase; /* the programme's; NULL: not told of yet */
	struct item *head, *tail;
	size_t n;
};

struct minutes *minutes_new(int32_t first, int32_t last, const char *lang)
{
	struct minutes *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->first = first;
	m->last = last;
	m->lang = lang;
	arena_init(&m->arena, MINUTES_BYTES);
	return m;
}

void minutes_free(struct minutes *m)
{
	if (m == NULL)
		return;
	HASH_CLEAR(hh, m->told); /* the entries are the arena's */
	arena_done(&m->arena);
	free(m);
}

static const char *keep(struct minutes *m, const char *text)
{
	return text != NULL ? arena_strdup(&m->arena, text) : NULL;
}

static bool same(const char *a, const char *b)
{
	return strcmp(show_or_empty(a), show_or_empty(b)) == 0;
}

/* Two committees may say the same in the same instant: those are two. */
static bool is_told(const struct told *told, const Convene__V1__Decision *d)
{
	return told->unix_ms == d->unix_ms && same(told->what, d->what) && same(told->by, d->by) &&
	       same(told->noc, d->noc) && same(told->reason, d->reason);
}

/* Is it another than the one that was told last? Remembers it. */
static enum cvn_err remember(struct minutes *m, const char *id, const Convene__V1__Decision *d,
			     bool *ret_is_new)
{
	struct told *told = NULL;

	HASH_FIND_STR(m->told, id, told);
	*ret_is_new = told == NULL || !is_told(told, d);
	if (told == NULL) {
		told = arena_zalloc(&m->arena, sizeof(*told));
		if (told == NULL)
			return CVN_ENOMEM;
		snprintf(told->id, sizeof(told->id), "%s", id);
		HASH_ADD_STR(m->told, id, told);
	}
	if (!*ret_is_new)
		return CVN_OK;
	told->unix_ms = d->unix_ms;
	told->what = keep(m, show_or_empty(d->what));
	told->by = keep(m, d->by);
	told->noc = keep(m, d->noc);
	told->reason = keep(m, d->reason);
	return told->what != NULL ? CVN_OK : CVN_ENOMEM;
}

/* An item of that moment, if it is one of the days asked for; else NULL in *ret_item. */
static enum cvn_err add_item(struct minutes *m, int64_t unix_ms, struct item **ret_item)
{
	const int32_t day = day_of_unix_ms(unix_ms, NULL);
	struct item *item;

	*ret_item = NULL;
	if (day < m->first || day > m->last)
		return CVN_OK;
	item = arena_zalloc(&m->arena, sizeof(*item));
	if (item == NULL)
		return CVN_ENOMEM;
	item->number = m->n++;
	item->unix_ms = unix_ms;
	if (m->tail != NULL)
		m->tail->next = item;
	else
		m->head = item;
	m->tail = item;
	*ret_item = item;
	return CVN_OK;
}

/* " to 91", ", FROZEN": what the word for it leaves out. NULL: nothing. */
static const char *detail_of(struct minutes *m, const Convene__V1__Standing *s)
{
	const Convene__V1__Decision *d = s->decision;
	const char *text = NULL;

	if (same(d->what, "value") && s->has_value)
		return arena_printf(&m->arena, " to %lld", (long long)s->value);
	for (size_t i = 0; same(d->what, "allow") && i < s->n_allowances; i++)
		if (s->allowances[i]->unix_ms == d->unix_ms)
			text = arena_printf(&m->arena, "%s, %s", show_or_empty(text),
					    show_or_empty(s->allowances[i]->code));
	return text;
}

static enum cvn_err add_decision(struct minutes *m, const Convene__V1__RequestChange *change)
{
	const Convene__V1__Standing *s = change->standing;
	const Convene__V1__Decision *d = s != NULL ? s->decision : NULL;
	struct item *item = NULL;
	bool is_new;

	if (d == NULL || !id_is_valid(change->id))
		return CVN_OK;
	if (remember(m, change->id, d, &is_new) != CVN_OK ||
	    (is_new && add_item(m, d->unix_ms, &item) != CVN_OK))
		return CVN_ENOMEM;
	if (item == NULL)
		return CVN_OK;
	item->request = keep(m, change->id);
	item->what = keep(m, show_or_empty(d->what));
	item->by = keep(m, d->by);
	item->role = keep(m, d->role);
	item->noc = keep(m, d->noc);
	item->reason = keep(m, d->reason);
	item->detail = detail_of(m, s);
	item->state = s->state;
	if (s->placement != NULL) {
		item->venue = keep(m, s->placement->venue);
		item->first_day = keep(m, s->placement->first_day);
	}
	return item->request != NULL && item->what != NULL ? CVN_OK : CVN_ENOMEM;
}

/* Open, closed, archived; or its policy or other data. How it began is no decision. */
static enum cvn_err add_programme(struct minutes *m, const Convene__V1__Update *update,
				  const Convene__V1__Programme *about)
{
	const char *phase = about->phase != NULL ? about->phase : "open", *before = m->phase;
	struct item *item;

	m->phase = keep(m, phase);
	if (m->phase == NULL)
		return CVN_ENOMEM;
	if (before == NULL)
		return CVN_OK;
	if (add_item(m, update->unix_ms, &item) != CVN_OK)
		return CVN_ENOMEM;
	if (item == NULL)
		return CVN_OK;
	item->what = same(before, phase)    ? "changed the programme's policy or data" :
		     same(phase, "open")    ? "opened the programme for requests" :
		     same(phase, "closed")  ? "closed the programme to new requests" :
					      "archived the programme";
	item->by = keep(m, update->entity->by);
	item->role = keep(m, update->entity->by_role);
	return CVN_OK;
}

enum cvn_err minutes_add(struct minutes *m, const Convene__V1__Update *update)
{
	const Convene__V1__Entity *entity =
		update->of_case == CONVENE__V1__UPDATE__OF_ENTITY ? update->entity->entity : NULL;

	if (update->of_case == CONVENE__V1__UPDATE__OF_REQUEST)
		return add_decision(m, update->request);
	if (entity != NULL && entity->of_case == CONVENE__V1__ENTITY__OF_PROGRAMME)
		return add_programme(m, update, entity->programme);
	return CVN_OK;
}

size_t minutes_count(const struct minutes *m)
{
	return m->n;
}

/* Text that others wrote: one line of Markdown, in which it can mean nothing but itself. */
static enum cvn_err put_text(struct buf *out, const char *text)
{
	enum cvn_err err = CVN_OK;

	for (; err == CVN_OK && *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			err = buf_append(out, " ", 1);
		else if (strchr("\\`*_[]<>#|", c) != NULL)
			err = buf_printf(out, "\\%c", c);
		else
			err = buf_append(out, text, 1);
	}
	return err;
}

/* "approve" → "approved": what was done, for the sentence. */
static const char *done_of(const char *what)
{
	static const char *const WORDS[][2] = {
		{ "approve", "approved" },
		{ "decline", "declined" },
		{ "revise", "asked to revise" },
		{ "postpone", "postponed" },
		{ "cancel", "cancelled" },
		{ "reschedule", "rescheduled" },
		{ "withdraw", "withdrew" },
		{ "accept", "accepted the place of" },
		{ "take", "took another place for" },
		{ "amend", "amended" },
		{ "release", "released" },
		{ "reject", "rejected" },
		{ "allow", "allowed" },
		{ "value", "set the value of" },
		{ "respond", "answered for" },
		{ "adopt", "adopted" },
	};

	for (size_t i = 0; i < N_ELEMENTS(WORDS); i++)
		if (strcmp(WORDS[i][0], what) == 0)
			return WORDS[i][1];
	return what;
}

static enum cvn_err put_who(struct buf *out, const struct item *item)
{
	enum cvn_err err = put_text(out, item->by != NULL ? item->by : "somebody");

	if (err == CVN_OK && item->noc != NULL && item->noc[0] != '\0') {
		err = buf_printf(out, " for ");
		if (err == CVN_OK)
			err = put_text(out, item->noc);
	} else if (err == CVN_OK && item->role != NULL) {
		err = buf_printf(out, " (%s)", item->role);
	}
	return err;
}

static enum cvn_err put_item(struct buf *out, const struct item *item,
			     const struct entries *entries, const char *lang)
{
	const struct entry *e = entries_find(entries, item->request);
	const Convene__V1__Request *c = e != NULL ? e->content : NULL;
	const char *title = c != NULL ? show_text(c->title, c->n_title, lang) : "";
	const time_t seconds = (time_t)(item->unix_ms / 1000);
	char clock[16] = "";
	struct tm tm;
	enum cvn_err err;

	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M", &tm);
	err = buf_printf(out, "- %s ", clock);
	if (err == CVN_OK)
		err = put_who(out, item);
	if (err == CVN_OK && item->request == NULL)
		return buf_printf(out, " %s\n", item->what);
	if (err == CVN_OK)
		err = buf_printf(out, " %s **", done_of(item->what));
	if (err == CVN_OK)
		err = put_text(out, title[0] != '\0' ? title : item->request);
	if (err == CVN_OK)
		err = buf_printf(out, "** (`%s`)%s, %s", item->request, show_or_empty(item->detail),
				 state_name(item->state));
	if (err == CVN_OK && item->venue != NULL && item->first_day != NULL)
		err = buf_printf(out, " at `%s` from %s", item->venue, item->first_day);
	if (err == CVN_OK && item->reason != NULL && item->reason[0] != '\0') {
		err = buf_printf(out, ": ");
		if (err == CVN_OK)
			err = put_text(out, item->reason);
	}
	return err == CVN_OK ? buf_append(out, "\n", 1) : err;
}

static int by_time(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;

	if (x->unix_ms != y->unix_ms)
		return x->unix_ms < y->unix_ms ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* What was loaded from elsewhere comes in the order of the requests. NULL: out of memory. */
static const struct item **in_order(struct minutes *m)
{
	const struct item **all = arena_array(&m->arena, m->n + 1, sizeof(*all));
	size_t n = 0;

	for (const struct item *item = m->head; all != NULL && item != NULL; item = item->next)
		all[n++] = item;
	if (n > 1)
		qsort(all, n, sizeof(*all), by_time);
	return all;
}

enum cvn_err minutes_write(struct minutes *m, const struct entries *entries,
			   const char *programme_id, struct buf *out)
{
	const Convene__V1__Programme *about =
		entries->programme != NULL ? programme_about(entries->programme) : NULL;
	const char *name = about != NULL ? show_text(about->name, about->n_name, m->lang) : "";
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE], text[DAY_TEXT_SIZE];
	const struct item **all = in_order(m);
	int32_t day = INT32_MIN;
	enum cvn_err err = all != NULL ? buf_printf(out, "# ") : CVN_ENOMEM;

	day_format(m->first, first);
	day_format(m->last, last);
	if (err == CVN_OK)
		err = put_text(out, name[0] != '\0' ? name : programme_id);
	if (err == CVN_OK)
		err = buf_printf(out, "\n\nDecisions from %s to %s (UTC): %zu.\n", first, last,
				 m->n);
	for (size_t i = 0; i < m->n && err == CVN_OK; i++) {
		const struct item *item = all[i];

		if (day_of_unix_ms(item->unix_ms, NULL) != day) {
			day = day_of_unix_ms(item->unix_ms, NULL);
			day_format(day, text);
			err = buf_printf(out, "\n## %s\n\n", text);
		}
		if (err == CVN_OK)
			err = put_item(out, item, entries, m->lang);
	}
	return err;
}

static bool on_updates(void *arg, const Convene__V1__Updates *updates)
{
	struct minutes **m = arg;

	for (size_t i = 0; i < updates->n_updates; i++) {
		if (minutes_add(*m, updates->updates[i]) != CVN_OK) {
			minutes_free(*m);
			*m = NULL;
			return false;
		}
	}
	return true;
}

static int write(struct cli *cli, struct minutes *m, const struct entries *entries)
{
	struct buf out;
	enum cvn_err err;
	int code;

	buf_init(&out, CLI_ARENA_BYTES);
	err = minutes_write(m, entries, cli->profile.programme, &out);
	code = err == CVN_OK ? cli_write_file(cli, cli->args.value[OPT_OUTPUT], out.bytes, out.n) :
			       cli_fail_err(cli, "minutes", err);
	buf_done(&out);
	return code;
}

static int read_days(struct cli *cli, int32_t *ret_first, int32_t *ret_last)
{
	const char *from = cli->args.value[OPT_FROM], *to = cli->args.value[OPT_TO];

	*ret_last = day_of_unix_ms((int64_t)time(NULL) * 1000, NULL);
	if (!day_parse(from != NULL ? from : "0001-01-01", ret_first) ||
	    (to != NULL && !day_parse(to, ret_last)) || *ret_last < *ret_first)
		return cli_fail(cli, EXIT_USAGE, "minutes: --from and --to are days: YYYY-MM-DD");
	return EXIT_OK;
}

int cmd_minutes(struct cli *cli)
{
	struct entries entries = { .n = 0 };
	struct minutes *m = NULL;
	int64_t cursor = 0;
	int32_t first, last;
	int code = read_days(cli, &first, &last);

	if (code != EXIT_OK)
		return code;
	m = minutes_new(first, last, cli->args.value[OPT_LANG]);
	if (m == NULL)
		return cli_fail_err(cli, "minutes", CVN_ENOMEM);
	code = entries_gather(cli, /* with_history= */ false, &entries);
	if (code == EXIT_OK)
		code = snapshot_replay(cli, &cursor, on_updates, &m);
	if (code == EXIT_OK && m == NULL)
		code = cli_fail_err(cli, "minutes", CVN_ENOMEM);
	if (code == EXIT_OK)
		code = write(cli, m, &entries);
	entries_done(&entries);
	minutes_free(m);
	return code;
}
