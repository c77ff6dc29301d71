/* round: a planning round is started and followed, its draft shown, adopted or thrown away. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 250
#define DAY_BYTES 11
#define ROUND_SECONDS_MAX 3600
#define ENTRIES_MAX 10000 /* what a draft holds at most */
#define NAMES_SHOWN 6

struct rounding {
	struct cli *cli;
	struct arena arena;            /* one reply while it is followed */
	Convene__V1__Round *round;
	Convene__V1__RoundEntry **entries;
	size_t n;
};

static void nap(void)
{
	struct timespec time = { .tv_nsec = LOOK_MS * 1000000L };

	(void)nanosleep(&time, NULL);
}

static int ask(struct cli *cli, Convene__V1__Call *call, struct arena *arena, Convene__V1__Round **ret)
{
	Convene__V1__Reply *reply;
	int code = cli_programme_call_into(cli, call, arena, &reply);

	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_ROUND)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer with a round");
	*ret = reply->round;
	return EXIT_OK;
}

static int get(struct cli *cli, int64_t from, bool with_entries, struct arena *arena, Convene__V1__Round **ret)
{
	Convene__V1__RoundGet get = CONVENE__V1__ROUND_GET__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	call.of_case = CONVENE__V1__CALL__OF_ROUND_GET;
	call.round_get = &get;
	get.has_from = 1;
	get.from = from;
	get.has_limit = !with_entries;
	return ask(cli, &call, arena, ret);
}

/* The whole of it: all pages. */
static int get_all(struct rounding *r)
{
	int code = get(r->cli, 0, true, &r->cli->arena, &r->round);
	const Convene__V1__Round *page = r->round;

	r->entries = calloc(ENTRIES_MAX, sizeof *r->entries);
	if (r->entries == NULL)
		return cli_fail_err(r->cli, "round", CVN_ENOMEM);
	while (code == EXIT_OK) {
		Convene__V1__Round *next = NULL;

		for (size_t i = 0; i < page->n_entries && r->n < ENTRIES_MAX; i++)
			r->entries[r->n++] = page->entries[i];
		if (!page->has_next)
			break;
		code = get(r->cli, page->next, true, &r->cli->arena, &next);
		if (code == EXIT_OK && (next->number != r->round->number || next->n_entries == 0))
			return cli_fail(r->cli, EXIT_PROTOCOL, "the round has changed while it was read");
		page = next;
	}
	if (code == EXIT_OK) {
		r->round->n_entries = r->n;
		r->round->entries = r->entries;
		r->round->has_next = 0;
	}
	return code;
}

/* --- what a person sees --- */

static const char *or_dash(const char *text)
{
	return text != NULL && *text != '\0' ? text : "-";
}

static char *days_of(struct arena *arena, const Convene__V1__Placement *p, int64_t duration)
{
	char last[DAY_BYTES], text[64];

	if (p == NULL)
		return NULL;
	show_last_day(p->first_day, duration, last);
	snprintf(text, sizeof text, "%s..%s", show_or_empty(p->first_day), *last != '\0' ? last + 5 : "");
	return arena_strdup(arena, text);
}

static char *number(struct arena *arena, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	return arena_strdup(arena, text);
}

static char *place_of(struct arena *arena, const Convene__V1__Placement *p, int64_t duration)
{
	char *days = days_of(arena, p, duration), *text;
	size_t n;

	if (p == NULL || days == NULL)
		return NULL;
	n = strlen(show_or_empty(p->venue)) + strlen(days) + 3;
	text = arena_alloc(arena, n);
	if (text != NULL)
		snprintf(text, n, "%s %s", days, show_or_empty(p->venue));
	return text;
}

static bool is_confirmed(const Convene__V1__RoundEntry *e)
{
	return e->has_state && e->state == STATE_CONFIRMED;
}

/* All entries of one kind, of events that were confirmed or not: one line each; what was dropped
 * with its reasons below. */
static void print_kind(struct rounding *r, const char *what, bool confirmed, const char *heading)
{
	static const char *const HEADINGS[] = { "request", ">value", "federation", "from", "to", "outcome", "title" };
	struct arena *arena = &r->cli->arena;
	struct table table;
	size_t n = 0;

	table_init(&table, arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < r->n; i++) {
		const Convene__V1__RoundEntry *e = r->entries[i];
		const char *cells[] = { e->request, number(arena, e->value), e->federation,
					or_dash(place_of(arena, e->from, e->duration)),
					or_dash(place_of(arena, e->to, e->duration)), e->outcome,
					show_text(e->title, e->n_title, r->cli->args.value[OPT_LANG]) };

		if (e->what == NULL || strcmp(e->what, what) != 0 || is_confirmed(e) != confirmed)
			continue;
		table_row(&table, cells);
		n++;
	}
	if (n == 0)
		return;
	printf("\n%s%s%s (%zu)\n", out_bold(stdout), heading, out_plain(stdout), n);
	table_print(&table, stdout);
}

/* Requests that stand in the way, for a reader who may see the whole programme. */
static void print_names(const Convene__V1__Reason *reason)
{
	for (size_t i = 0; i < reason->n_with && i < NAMES_SHOWN; i++) {
		fputs(i == 0 ? ": " : ", ", stdout);
		out_text(stdout, show_or_empty(reason->with[i]), SIZE_MAX);
	}
	if (reason->n_with > NAMES_SHOWN)
		printf(" and %zu more", reason->n_with - NAMES_SHOWN);
}

static void print_reasons(const struct rounding *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const Convene__V1__RoundEntry *e = r->entries[i];

		for (size_t k = 0; k < e->n_reasons; k++) {
			printf("  ");
			out_text(stdout, show_or_empty(e->request), SIZE_MAX);
			printf(": ");
			out_text(stdout, show_or_empty(e->reasons[k]->text), SIZE_MAX);
			print_names(e->reasons[k]);
			printf(" [%s]\n", show_or_empty(e->reasons[k]->code));
		}
	}
}

/* What was not adopted, and why: it stands as it stood. */
static void print_skipped(const struct rounding *r)
{
	if (!r->round->has_adopted || r->round->skipped == 0)
		return;
	printf("\n%sskipped, as it changed meanwhile%s (%" PRId64 ")\n", out_bold(stdout),
	       out_plain(stdout), r->round->skipped);
	for (size_t i = 0; i < r->n; i++) {
		const Convene__V1__RoundEntry *e = r->entries[i];

		if (e->outcome == NULL || strcmp(e->outcome, "skipped") != 0)
			continue;
		printf("  ");
		out_text(stdout, show_or_empty(e->request), SIZE_MAX);
		printf(": ");
		out_text(stdout, show_or_empty(e->why), SIZE_MAX);
		putchar('\n');
	}
}

static void print_hosts(const struct rounding *r)
{
	static const char *const HEADINGS[] = { "host", ">events", ">after", ">athlete-days", ">after" };
	struct arena *arena = &r->cli->arena;
	struct table table;

	table_init(&table, arena, HEADINGS, N_ELEMENTS(HEADINGS));
	for (size_t i = 0; i < r->round->n_hosts; i++) {
		const Convene__V1__RoundHost *h = r->round->hosts[i];
		const char *cells[] = { h->noc, number(arena, h->events_before), number(arena, h->events_after),
					number(arena, h->athlete_days_before), number(arena, h->athlete_days_after) };

		table_row(&table, cells);
	}
	putchar('\n');
	table_print(&table, stdout);
}

static void print_head(const Convene__V1__Round *r)
{
	printf("%sround %" PRId64 "%s: %s", out_bold(stdout), r->number, out_plain(stdout), show_or_empty(r->state));
	if (r->ended_by != NULL)
		printf(" by %s", r->ended_by);
	if (r->by != NULL)
		printf(", begun by %s", r->by);
	if (r->text != NULL)
		printf(": %s", r->text);
	putchar('\n');
	if (r->progress != NULL && r->progress->has_score)
		printf("%.0f %% of %" PRId64 " s, score %" PRId64 ", %" PRId64 " placed, %" PRId64 " steps\n",
		       r->progress->done * 100, r->seconds, r->progress->score, r->progress->placed, r->progress->steps);
	else if (r->progress != NULL)
		printf("%.0f %% of %" PRId64 " s, nothing found yet\n", r->progress->done * 100,
		       r->seconds);
	if (!r->has_score_after)
		return;
	if (r->has_adopted)
		printf("adopted %" PRId64 ", skipped %" PRId64 "%s\n", r->adopted, r->skipped,
		       r->skipped > 0 ? "; what follows is the whole draft, as it was planned" : "");
	printf("score   %" PRId64 " -> %" PRId64 " (%+" PRId64 ")", r->score_before, r->score_after,
	       r->score_after - r->score_before);
	if (r->has_bound)
		printf(", no plan within its scope has more than %" PRId64, r->bound);
	printf("\nplaced  %" PRId64 " -> %" PRId64 " (%+" PRId64 ")\n", r->placed_before, r->placed_after,
	       r->placed_after - r->placed_before);
	printf("kept %" PRId64 ", moved %" PRId64 ", newly placed %" PRId64 ", dropped %" PRId64
	       "; computed as of update %" PRId64 "\n",
	       r->kept, r->moved, r->placed, r->dropped, r->cursor);
}

static void print_whole(struct rounding *r)
{
	print_head(r->round);
	if (!r->round->has_score_after)
		return;
	print_hosts(r);
	print_kind(r, "moved", /* confirmed= */ true,
		   "moved though confirmed, each as a rescheduling");
	print_kind(r, "moved", /* confirmed= */ false, "moved");
	print_kind(r, "placed", /* confirmed= */ false, "newly placed, from the waiting list");
	print_kind(r, "dropped", /* confirmed= */ false, "dropped, to the waiting list");
	print_reasons(r);
	print_skipped(r);
	if (r->round->state == NULL || strcmp(r->round->state, "ready") != 0)
		return;
	if (r->n == 0)
		printf("\nIt found nothing better: `convene round discard` ends it.\n");
	else
		printf("\nNothing has changed yet: `convene round adopt` takes it over, `convene round discard` throws it "
		       "away.\n");
}

static int show(struct rounding *r)
{
	int code = get_all(r);

	if (code != EXIT_OK)
		return code;
	if (r->cli->is_json)
		json_print_line(json_of_message(&r->round->base));
	else if (r->round->number == 0)
		printf("there was no round yet\n");
	else
		print_whole(r);
	return EXIT_OK;
}

/* --- the subcommands --- */

static int follow(struct rounding *r)
{
	struct progress bar;
	Convene__V1__Round *round = NULL;
	int code;

	progress_start(&bar, "planning", 1000);
	for (;;) {
		char note[96] = "";

		arena_reset(&r->arena);
		code = get(r->cli, 0, false, &r->arena, &round);
		if (code != EXIT_OK || round->state == NULL || strcmp(round->state, "running") != 0)
			break;
		if (round->progress != NULL && round->progress->has_score)
			snprintf(note, sizeof note, "score %" PRId64 ", %" PRId64 " placed", round->progress->score,
				 round->progress->placed);
		progress_show(&bar, round->progress != NULL ? (int64_t)(round->progress->done * 1000) : 0, note);
		nap();
	}
	progress_end(&bar);
	if (code != EXIT_OK)
		return code;
	code = show(r);
	return code == EXIT_OK && r->round->state != NULL && strcmp(r->round->state, "failed") == 0 ? EXIT_FAILED :
												      code;
}

/* The values of an option, split at its commas. */
static int split(struct cli *cli, enum option_id id, char ***ret, size_t *ret_n)
{
	enum cvn_err err = args_list(&cli->args, id, &cli->arena, ret, ret_n);

	if (err == CVN_EINVALID)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	return err == CVN_OK ? EXIT_OK : cli_fail_err(cli, "round", err);
}

static int read_scope(struct cli *cli, Convene__V1__RoundScope *scope, Convene__V1__Period *period)
{
	const char *days = cli->args.value[OPT_DAYS];
	int code = split(cli, OPT_FEDERATION, &scope->federations, &scope->n_federations);

	if (code == EXIT_OK)
		code = split(cli, OPT_DISCIPLINE, &scope->disciplines, &scope->n_disciplines);
	if (code == EXIT_OK)
		code = split(cli, OPT_HOST, &scope->hosts, &scope->n_hosts);
	if (code != EXIT_OK || days == NULL)
		return code;
	period->first = arena_strdup(&cli->arena, days);
	period->last = period->first != NULL ? strchr(period->first, '/') : NULL;
	if (period->last == NULL)
		return cli_fail(cli, EXIT_USAGE, "--days wants FIRST/LAST");
	*period->last++ = '\0';
	scope->period = period;
	return EXIT_OK;
}

/* Makes the call; what comes of it is shown by `then`. */
static int ask_then(struct rounding *r, Convene__V1__Call *call, int (*then)(struct rounding *r))
{
	Convene__V1__Round *round = NULL;
	int code = ask(r->cli, call, &r->cli->arena, &round);

	return code == EXIT_OK ? then(r) : code;
}

static int start(struct rounding *r)
{
	struct cli *cli = r->cli;
	Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
	Convene__V1__RoundScope scope = CONVENE__V1__ROUND_SCOPE__INIT;
	Convene__V1__Period period = CONVENE__V1__PERIOD__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code;

	if (args_number(&cli->args, OPT_SECONDS, 1, ROUND_SECONDS_MAX, 30, &order.seconds) != CVN_OK ||
	    args_number(&cli->args, OPT_SEED, 0, INT64_MAX, 1, &order.seed) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	code = read_scope(cli, &scope, &period);
	if (code != EXIT_OK)
		return code;
	order.has_seconds = order.has_seed = order.has_move_confirmed = 1;
	order.move_confirmed = args_has(&cli->args, OPT_MOVE_CONFIRMED);
	order.scope = &scope;
	call.of_case = CONVENE__V1__CALL__OF_ROUND_START;
	call.round_start = &order;
	return ask_then(r, &call, follow);
}

static int status(struct rounding *r)
{
	int code = get(r->cli, 0, false, &r->cli->arena, &r->round);

	if (code != EXIT_OK)
		return code;
	if (r->cli->is_json)
		json_print_line(json_of_message(&r->round->base));
	else if (r->round->number == 0)
		printf("there was no round yet\n");
	else
		print_head(r->round);
	return EXIT_OK;
}

/* Which round is meant: so that a call whose answer was lost is known when it comes again. 0: there is none. */
static int last_number(struct rounding *r, int64_t *ret_number)
{
	int code = get(r->cli, 0, false, &r->cli->arena, &r->round);

	*ret_number = code == EXIT_OK ? r->round->number : 0;
	return code;
}

static int adopt(struct rounding *r)
{
	Convene__V1__RoundAdopt adopt = CONVENE__V1__ROUND_ADOPT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = last_number(r, &adopt.number);

	if (code != EXIT_OK)
		return code;
	adopt.has_number = adopt.number > 0;
	call.of_case = CONVENE__V1__CALL__OF_ROUND_ADOPT;
	call.round_adopt = &adopt;
	return ask_then(r, &call, show);
}

static int discard(struct rounding *r)
{
	Convene__V1__RoundDiscard discard = CONVENE__V1__ROUND_DISCARD__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	int code = last_number(r, &discard.number);

	if (code != EXIT_OK)
		return code;
	discard.has_number = discard.number > 0;
	call.of_case = CONVENE__V1__CALL__OF_ROUND_DISCARD;
	call.round_discard = &discard;
	return ask_then(r, &call, status);
}

static int stop(struct rounding *r)
{
	Convene__V1__RoundStop stop = CONVENE__V1__ROUND_STOP__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;

	call.of_case = CONVENE__V1__CALL__OF_ROUND_STOP;
	call.round_stop = &stop;
	return ask_then(r, &call, follow);
}

int cmd_round(struct cli *cli)
{
	static const struct {
		const char *word;
		int (*run)(struct rounding *r);
	} WORDS[] = { { "start", start }, { "watch", follow },    { "status", status },
		      { "show", show },   { "adopt", adopt },     { "discard", discard },
		      { "stop", stop } };
	const char *word = cli->args.n_positional > 0 ? cli->args.positional[0] : "start";
	struct rounding r = { .cli = cli };
	int code = EXIT_USAGE;
	bool is_known = false;

	arena_init(&r.arena, (size_t)16 << 20);
	for (size_t i = 0; i < N_ELEMENTS(WORDS) && !is_known; i++) {
		is_known = strcmp(WORDS[i].word, word) == 0;
		if (is_known)
			code = WORDS[i].run(&r);
	}
	if (!is_known)
		code = cli_fail(cli, EXIT_USAGE,
				"round: start, watch, status, show, adopt, discard or stop is wanted");
	free(r.entries);
	arena_done(&r.arena);
	return code;
}
