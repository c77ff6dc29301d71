/* solve_report.c - see solve_report.h. */
#include "scheduler/solve_report.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "scheduler/explain.h"
#include "scheduler/memory.h"

#define FEDERATIONS_SHOWN 24
#define NAMES_SHOWN 6
#define TALLY_MAX 64        /* who stand in the way at one venue and window, for one reason */
#define TRIES_MAX 2000000   /* sets of events looked at for the cheapest room: some seconds */
#define SPOT_TRIES 5000     /* of them at one place, at most */
#define SPOT_TRIES_LEAST 50 /* and at least: the first way to make room there */

void solve_report_progress(const struct solve_progress *p, bool json)
{
	double speed = p->elapsed_s > 0 ? (double)p->steps / p->elapsed_s : 0;

	if (json)
		fprintf(stderr,
		        "{\"progress\": {\"elapsed_s\": %.2f, \"score\": %lld, \"bound\": %lld, \"placed\": %d, \"steps\": %lld, "
		        "\"steps_per_s\": %.0f}}\n",
		        p->elapsed_s, (long long)p->score, (long long)p->bound, p->n_placed, (long long)p->steps, speed);
	else
		fprintf(stderr, "%7.1f s  score %lld  bound %lld  placed %d  %.0f moves/s\n", p->elapsed_s, (long long)p->score,
		        (long long)p->bound, p->n_placed, speed);
}

/* ---- summary ---- */

/* Requests of one federation, host, kind or committee. */
struct share {
	const char *name;
	int32_t asked, placed;
	int64_t value_asked, value_placed;
};

static void count(struct share *share, const struct problem_request *request, bool placed)
{
	share->asked++;
	share->placed += placed;
	share->value_asked += request->value;
	share->value_placed += placed ? request->value : 0;
}

static double percent(int64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 100.0;
}

static void tell_shares(const char *what, const struct share *shares, int32_t n, bool json)
{
	const char *comma = "";

	if (json)
		fprintf(stderr, ", \"%s\": {", what);
	for (int32_t i = 0; i < n; i++) {
		if (shares[i].asked == 0)
			continue;
		if (json)
			fprintf(stderr, "%s\"%s\": {\"asked\": %d, \"placed\": %d, \"value_asked\": %lld, \"value_placed\": %lld}", comma,
			        shares[i].name, shares[i].asked, shares[i].placed, (long long)shares[i].value_asked,
			        (long long)shares[i].value_placed);
		else
			fprintf(stderr, "  %-12s %-28s %6d of %6d placed (%5.1f %%), %5.1f %% of their value\n", what, shares[i].name,
			        shares[i].placed, shares[i].asked, percent(shares[i].placed, shares[i].asked),
			        percent(shares[i].value_placed, shares[i].value_asked));
		comma = ", ";
	}
	if (json)
		fprintf(stderr, "}");
}

/* How unevenly wishes stay unmet: root mean square and maximum of the committees' shares. */
static void tell_unmet(const struct share *nocs, int32_t n, bool json)
{
	double squares = 0, most = 0;
	int32_t n_filing = 0;

	for (int32_t i = 0; i < n; i++) {
		double unmet = 1 - percent(nocs[i].value_placed, nocs[i].value_asked) / 100;

		if (nocs[i].asked == 0)
			continue;
		n_filing++;
		squares += unmet * unmet;
		most = unmet > most ? unmet : most;
	}
	squares = n_filing > 0 ? sqrt(squares / n_filing) : 0;
	if (json)
		fprintf(stderr, ", \"unmet\": {\"rms\": %.4f, \"max\": %.4f}", squares, most);
	else
		fprintf(stderr, "  wishes unmet, by value and committee: root mean square %.2f %%, most %.2f %%\n", 100 * squares,
		        100 * most);
}

static void tell_balance(const struct calendar *calendar, bool json)
{
	const struct problem *problem = calendar->problem;

	if (json)
		fprintf(stderr, ", \"imbalance\": %lld, \"athlete_days\": {", (long long)calendar->imbalance);
	else
		fprintf(stderr, "  imbalance %lld; athlete-days hosted:", (long long)calendar->imbalance);
	for (int32_t p = 0; p < problem->n_parties; p++)
		fprintf(stderr, json ? "%s\"%s\": %lld" : "%s %s %lld", p == 0 ? "" : ",", problem->nocs[p],
		        (long long)calendar->hosted[p]);
	fprintf(stderr, json ? "}" : "\n");
}

/* Of all that is placed, what each host has. */
static void tell_hosts(const struct share *hosts, int32_t n, bool json)
{
	struct share all = {0};
	const char *comma = "";

	for (int32_t h = 0; h < n; h++) {
		all.placed += hosts[h].placed;
		all.value_placed += hosts[h].value_placed;
	}
	if (json)
		fprintf(stderr, ", \"host\": {");
	for (int32_t h = 0; h < n; h++) {
		if (hosts[h].name == NULL)
			continue;
		if (json)
			fprintf(stderr, "%s\"%s\": {\"hosted\": %d, \"of\": %d, \"value_hosted\": %lld, \"value_of\": %lld}", comma,
			        hosts[h].name, hosts[h].placed, all.placed, (long long)hosts[h].value_placed,
			        (long long)all.value_placed);
		else
			fprintf(stderr, "  %-12s %-28s %6d of %6d events (%5.1f %%), %5.1f %% of their value\n", "host", hosts[h].name,
			        hosts[h].placed, all.placed, percent(hosts[h].placed, all.placed),
			        percent(hosts[h].value_placed, all.value_placed));
		comma = ", ";
	}
	if (json)
		fprintf(stderr, "}");
}

/* Those first who got least of what they asked for. */
static int compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	double of_x = percent(x->value_placed, x->value_asked), of_y = percent(y->value_placed, y->value_asked);

	if (of_x != of_y)
		return of_x < of_y ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* A person reads the first lines of a long list; a program all. */
static void tell_federations(struct share *federations, int32_t n, bool json)
{
	int32_t n_asking = 0;

	for (int32_t i = 0; i < n; i++)
		if (federations[i].asked > 0)
			federations[n_asking++] = federations[i];
	if (!json && n_asking > FEDERATIONS_SHOWN)
		qsort(federations, (size_t)n_asking, sizeof(*federations), compare_shares);
	tell_shares("federation", federations,
	            json || n_asking < FEDERATIONS_SHOWN ? n_asking : FEDERATIONS_SHOWN, json);
	if (!json && n_asking > FEDERATIONS_SHOWN)
		fprintf(stderr, "  %-12s %d more got a larger share; --json tells each\n", "federation",
		        n_asking - FEDERATIONS_SHOWN);
}

static void tell_fairness(const struct calendar *calendar, bool json)
{
	const struct problem *problem = calendar->problem;
	struct share *nocs = memory_new((size_t)problem->n_nocs, sizeof(*nocs));
	struct share *hosts = memory_new((size_t)problem->n_nocs, sizeof(*hosts));
	struct share *federations = memory_new((size_t)problem->n_federations, sizeof(*federations));
	struct share kinds[KIND_N] = {0};

	for (int32_t r = 0; r < problem->n_requests; r++) {
		const struct problem_request *request = &problem->requests[r];
		bool placed = calendar_is_placed(calendar, r);
		int32_t federation = request->federation;

		if (!request->present || federation == PROBLEM_NONE)
			continue;
		federations[federation].name = problem->federations[federation].id;
		count(&federations[federation], request, placed);
		if (request->kind >= 0) {
			kinds[request->kind].name = code_kind_name(request->kind);
			count(&kinds[request->kind], request, placed);
		}
		if (problem->federations[federation].noc != PROBLEM_NONE) {
			nocs[problem->federations[federation].noc].name = problem->nocs[problem->federations[federation].noc];
			count(&nocs[problem->federations[federation].noc], request, placed);
		}
		if (placed && problem->venues[calendar->spots[r].venue].host != PROBLEM_NONE) {
			struct share *host = &hosts[problem->venues[calendar->spots[r].venue].host];

			host->name = problem->nocs[problem->venues[calendar->spots[r].venue].host];
			count(host, request, placed);
		}
	}
	tell_shares("kind", kinds, KIND_N, json);
	tell_shares("committee", nocs, problem->n_nocs, json);
	tell_hosts(hosts, problem->n_nocs, json);
	tell_federations(federations, problem->n_federations, json);
	tell_unmet(nocs, problem->n_nocs, json);
	tell_balance(calendar, json);
	free(nocs);
	free(hosts);
	free(federations);
}

void solve_report_summary(const struct calendar *calendar, int64_t bound, double elapsed_s, bool json)
{
	int32_t n = 0;
	char gap[64] = ""; /* a share of nothing, or of less, says nothing */

	if (calendar->score > 0)
		snprintf(gap, sizeof(gap), json ? ", \"gap_pct\": %.3f" : " (%.2f %% above)",
		         100.0 * (double)(bound - calendar->score) / (double)calendar->score);

	for (int32_t r = 0; r < calendar->problem->n_requests; r++)
		n += calendar->problem->requests[r].present;
	if (json)
		fprintf(stderr, "{\"summary\": {\"score\": %lld, \"bound\": %lld%s, \"placed\": %d, \"requests\": %d, "
		                "\"elapsed_s\": %.2f", (long long)calendar->score, (long long)bound, gap, calendar->n_placed, n, elapsed_s);
	else
		fprintf(stderr, "score %lld, at most %lld is possible%s; %d of %d placed; %.1f s\n",
		        (long long)calendar->score, (long long)bound, gap, calendar->n_placed, n, elapsed_s);
	tell_fairness(calendar, json);
	if (json)
		fprintf(stderr, "}}\n");
}

/* ---- explanations ---- */

/* Who stands in the way of a request for one reason, and on how many start days. */
struct tally {
	int32_t n_days, n;
	int32_t requests[TALLY_MAX], days[TALLY_MAX];
};

/* What is asked about a request that has no place. */
struct inquest {
	const struct calendar *calendar;
	int32_t r;
	FILE *out;
	int64_t tries;          /* left, of the search for the cheapest room */
	int32_t venue, day, n;  /* of the cheapest so far: venue PROBLEM_NONE, none yet; who goes for it */
	int64_t value;
	int32_t *requests, *tried;
};

/* Lists end at `max`: there may be more. */
static void tell_names(const struct problem *problem, const int32_t *requests, int32_t n, int32_t max, FILE *out)
{
	for (int32_t i = 0; i < n && i < NAMES_SHOWN; i++)
		fprintf(out, "%s%s", i == 0 ? " (" : ", ", problem->requests[requests[i]].id);
	if (n > NAMES_SHOWN)
		fprintf(out, " and %s%d more", n == max ? "at least " : "", n - NAMES_SHOWN);
	if (n > 0)
		fprintf(out, ")");
}

static void tell_spot(const struct problem *problem, int32_t venue, int32_t day, int32_t duration, FILE *out)
{
	char first[PROBLEM_DAY_SIZE], last[PROBLEM_DAY_SIZE];

	problem_format_day(problem, day, first);
	problem_format_day(problem, day + duration - 1, last);
	fprintf(out, "%s, %s to %s", problem->venues[venue].id, first, last);
}

/* Keeps the displacement of least value of all places that were tried. */
static void try_spot(struct inquest *q, int32_t venue, int32_t day)
{
	int64_t tries = q->tries > SPOT_TRIES ? SPOT_TRIES : q->tries < SPOT_TRIES_LEAST ? SPOT_TRIES_LEAST : q->tries;
	int64_t value, left = tries;
	int32_t n = place_cheapest(q->calendar, q->r, venue, day, q->value, &left, q->tried, &value);

	q->tries -= tries - left;
	if (n < 0)
		return;
	q->venue = venue;
	q->day = day;
	q->n = n;
	q->value = value;
	memcpy(q->requests, q->tried, (size_t)n * sizeof(*q->requests));
}

static void tell_cheapest(const struct inquest *q)
{
	const struct problem *problem = q->calendar->problem;

	if (q->venue == PROBLEM_NONE) {
		fprintf(q->out, "  no displacement makes room for it\n");
		return;
	}
	if (q->n == 0)
		return; /* it is told where it would fit */
	fprintf(q->out, "  least costly room: ");
	tell_spot(problem, q->venue, q->day, problem->requests[q->r].duration, q->out);
	fprintf(q->out, "; it would displace");
	for (int32_t i = 0; i < q->n; i++)
		fprintf(q->out, "%s %s (value %d)", i > 0 ? "," : "", problem->requests[q->requests[i]].id,
		        problem->requests[q->requests[i]].value);
	fprintf(q->out, ": value %lld for %d\n", (long long)q->value, problem->requests[q->r].value);
}

static void tally(struct tally *tally, const struct explain_reason *reason)
{
	tally->n_days++;
	for (int32_t i = 0; i < reason->n_with; i++) {
		int32_t at = 0, r = reason->with[i];

		while (at < tally->n && tally->requests[at] != r)
			at++;
		if (at == TALLY_MAX)
			continue;
		if (at == tally->n) {
			tally->requests[tally->n] = r;
			tally->days[tally->n++] = 0;
		}
		tally->days[at]++;
		for (; at > 0 && tally->days[at - 1] < tally->days[at]; at--) { /* most days first */
			int32_t days = tally->days[at];

			tally->days[at] = tally->days[at - 1];
			tally->requests[at] = tally->requests[at - 1];
			tally->days[at - 1] = days;
			tally->requests[at - 1] = r;
		}
	}
}

/* What stands in the way at one venue in one window: each day's reasons, counted. */
static void tell_window(struct inquest *q, int32_t venue, const struct problem_window *window)
{
	const struct problem *problem = q->calendar->problem;
	int32_t begin = window->first < 0 ? 0 : window->first, n_free = 0, n_days = 0;
	int32_t end = window->last < problem->n_days ? window->last : problem->n_days - 1;
	int32_t last = end - problem->requests[q->r].duration + 1;
	struct explain_reason reasons[EXPLAIN_REASONS_MAX];
	struct tally tallies[EXPLAIN_REASONS_MAX] = {0};
	char from[PROBLEM_DAY_SIZE], to[PROBLEM_DAY_SIZE];

	if (end < begin)
		return; /* outside the programme */
	problem_format_day(problem, begin, from);
	problem_format_day(problem, end, to);
	fprintf(q->out, "  %s, %s to %s: ", problem->venues[venue].id, from, to);
	if (last < begin) {
		fprintf(q->out, "too short for %d days\n", problem->requests[q->r].duration);
		return;
	}
	for (int32_t day = begin; day <= last; day++, n_days++) {
		int32_t n = explain_place(q->calendar, q->r, venue, day, PLACE_PLAIN, reasons);

		n_free += n == 0;
		for (int32_t i = 0; i < n; i++)
			tally(&tallies[reasons[i].code], &reasons[i]);
		try_spot(q, venue, day);
	}
	fprintf(q->out, "%d start day%s, %d free;", n_days, n_days == 1 ? "" : "s", n_free);
	for (int32_t code = 0; code < EXPLAIN_REASONS_MAX; code++)
		if (tallies[code].n_days > 0) {
			fprintf(q->out, " %d× %s", tallies[code].n_days, code_reason_name(code));
			tell_names(problem, tallies[code].requests, tallies[code].n, TALLY_MAX, q->out);
			fprintf(q->out, ";");
		}
	fprintf(q->out, "\n");
}

static void tell_reasons(const struct inquest *q)
{
	struct explain_reason reasons[EXPLAIN_REASONS_MAX];
	int32_t n = explain_unplaced(q->calendar, q->r, 0, reasons);

	for (int32_t i = 0; i < n; i++) {
		char text[256];

		explain_text(q->calendar, q->r, &reasons[i], text, sizeof(text));
		fprintf(q->out, "  %s", code_reason_name((int)reasons[i].code));
		tell_names(q->calendar->problem, reasons[i].with, reasons[i].n_with, EXPLAIN_WITH_MAX, q->out);
		fprintf(q->out, ": %s\n", text);
	}
}

static void tell_all(const struct calendar *calendar, int32_t r, FILE *out)
{
	const struct problem_request *request = &calendar->problem->requests[r];
	size_t n = (size_t)calendar->problem->n_requests;
	struct inquest q = {.calendar = calendar, .r = r, .out = out, .tries = TRIES_MAX,
	                    .venue = PROBLEM_NONE, .value = INT64_MAX};

	q.requests = memory_new(n, sizeof(*q.requests));
	q.tried = memory_new(n, sizeof(*q.tried));
	tell_reasons(&q);
	if (request->fixed && request->announced_venue != PROBLEM_NONE)
		try_spot(&q, request->announced_venue, request->announced_day);
	for (int32_t i = 0; i < request->n_venues && !request->fixed; i++)
		for (int32_t w = 0; w < request->n_windows; w++)
			tell_window(&q, request->venues[i], &request->windows[w]);
	tell_cheapest(&q);
	free(q.requests);
	free(q.tried);
}

static void tell_options(const struct calendar *calendar, int32_t r, FILE *out)
{
	struct place_option options[PLACE_OPTIONS_MAX];
	int32_t n = place_best(calendar, r, PLACE_PLAIN, 0, options);

	for (int32_t i = 0; i < n; i++) {
		fprintf(out, "  free: ");
		tell_spot(calendar->problem, options[i].venue, options[i].day, calendar->problem->requests[r].duration, out);
		fprintf(out, " (score %+lld)\n", (long long)options[i].gain);
	}
}

void solve_report_explain(struct calendar *calendar, int32_t r, FILE *out)
{
	struct calendar_spot spot = calendar_where(calendar, r);

	fprintf(out, "%s, value %d: ", calendar->problem->requests[r].id, calendar->problem->requests[r].value);
	if (spot.venue != PROBLEM_NONE) {
		tell_spot(calendar->problem, spot.venue, spot.day, calendar->problem->requests[r].duration, out);
		calendar_remove(calendar, r);
		fprintf(out, " (score %+lld)\n", (long long)place_gain(calendar, r, spot.venue, spot.day));
		tell_options(calendar, r, out);
		calendar_place(calendar, r, spot.venue, spot.day);
		return;
	}
	fprintf(out, "not placed\n");
	tell_options(calendar, r, out);
	tell_all(calendar, r, out);
}

void solve_report_what_if(struct problem *problem, struct calendar *calendar, const Convene__V1__Request *request,
                          FILE *out)
{
	int32_t r = problem_put_request(problem, request, 0, PROBLEM_PUT_PLAIN);
	struct place_option options[PLACE_OPTIONS_MAX];

	calendar_recount(calendar);
	fprintf(out, "%s, value %d: ", problem->requests[r].id, problem->requests[r].value);
	if (place_best(calendar, r, PLACE_WORTH_IT, 0, options) > 0) {
		fprintf(out, "it would go to ");
		tell_spot(problem, options[0].venue, options[0].day, problem->requests[r].duration, out);
		fprintf(out, ", and displace nobody\n");
		tell_options(calendar, r, out);
	} else {
		fprintf(out, place_best(calendar, r, PLACE_PLAIN | PLACE_NO_ALTERNATIVES, 0, options) > 0
		                     ? "there would be room, but the plan would lose by it\n"
		                     : "it would have no place\n");
		tell_options(calendar, r, out);
		tell_all(calendar, r, out);
	}
	problem_drop_request(problem, r);
	calendar_recount(calendar);
}
