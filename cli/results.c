#include "cli/results.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "domain/lifecycle.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOSTS_MAX (OUT_COLUMNS_MAX - 3) /* beside: state, none, all */
#define ROW_REFUSED 0                   /* STATE_NONE: no record has it */

static Convene__V1__State state_of(const struct sent *sent)
{
	if (sent->record != NULL && sent->record->standing != NULL)
		return sent->record->standing->state;
	return sent->has_receipt ? STATE_RECEIVED : STATE_NONE;
}

json_t *results_json(const struct sent *sent)
{
	json_t *object, *violations;

	if (sent->record != NULL) { /* where it stands; what it says, the sender knows */
		Convene__V1__Record standing = *sent->record;

		standing.content = NULL;
		standing.received_unix_ms = 0;
		return record_json(&standing);
	}
	object = json_object();
	if (object == NULL)
		return NULL;
	json_object_set_new(object, "id",
			    json_string(sent->request->id != NULL ? sent->request->id : ""));
	json_object_set_new(object, "state",
			    json_string(sent->has_receipt ? "received" : "refused"));
	if (sent->n_violations == 0)
		return object;
	violations = json_array();
	for (size_t i = 0; i < sent->n_violations; i++)
		json_array_append_new(violations, json_of_message(&sent->violations[i]->base));
	json_object_set_new(object, "violations", violations);
	return object;
}

static int append(const char *bytes, size_t n, void *arg)
{
	return buf_append(arg, bytes, n) == CVN_OK ? 0 : -1;
}

/* One a line, so that files can be compared. */
static bool write_lines(const struct results *r, struct buf *out)
{
	bool is_good = buf_printf(out, "[") == CVN_OK;

	for (size_t i = 0; i < r->n && is_good; i++) {
		json_t *object = results_json(&r->sent[i]);

		is_good = object != NULL && buf_printf(out, i > 0 ? ",\n " : "\n ") == CVN_OK &&
			  json_dump_callback(object, append, out, JSON_FLAGS) == 0;
		json_decref(object);
	}
	return is_good && buf_printf(out, "\n]\n") == CVN_OK;
}

int results_export(struct cli *cli, const struct results *r, const char *path)
{
	struct buf out;
	int code;

	buf_init(&out, CLI_ARENA_BYTES);
	if (write_lines(r, &out))
		code = cli_write_file(cli, path, out.bytes, out.n);
	else
		code = cli_fail_err(cli, path, CVN_ENOMEM);
	buf_done(&out);
	return code;
}

static void print_violations(Convene__V1__Violation *const *violations, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fputs("    ", stdout);
		if (violations[i]->field != NULL && violations[i]->field[0] != '\0') {
			out_text(stdout, violations[i]->field, SIZE_MAX);
			fputs(": ", stdout);
		}
		out_text(stdout, violations[i]->code != NULL ? violations[i]->code : "", SIZE_MAX);
		fputs(": ", stdout);
		out_text(stdout, violations[i]->text != NULL ? violations[i]->text : "", SIZE_MAX);
		putchar('\n');
	}
}

static void print_standing(const Convene__V1__Standing *s)
{
	if (s->placement != NULL) {
		fputs(" at ", stdout);
		out_text(stdout, s->placement->venue != NULL ? s->placement->venue : "?", SIZE_MAX);
		fputs(" from ", stdout);
		out_text(stdout, s->placement->first_day != NULL ? s->placement->first_day : "?",
			 SIZE_MAX);
	}
	putchar('\n');
	print_violations(s->violations, s->n_violations);
	for (size_t i = 0; i < s->n_reasons; i++) {
		fputs("    ", stdout);
		out_text(stdout,
			 s->reasons[i]->text != NULL ? s->reasons[i]->text : s->reasons[i]->code,
			 SIZE_MAX);
		putchar('\n');
	}
}

static void print_one(const struct sent *sent)
{
	const Convene__V1__State state = state_of(sent);

	out_text(stdout, sent->request->id != NULL ? sent->request->id : "(no id)", SIZE_MAX);
	printf(": %s%s%s", out_state_colour(stdout, state),
	       state == STATE_NONE ? "refused" : state_name(state), out_plain(stdout));
	if (sent->record != NULL && sent->record->standing != NULL) {
		print_standing(sent->record->standing);
	} else {
		printf("%s\n", sent->is_again ? ", as before" : "");
		print_violations(sent->violations, sent->n_violations);
	}
}

/* Which column of the table it belongs into: that of its host, or the one behind all hosts. */
static size_t column_of(const struct results *r, const char *const *hosts, size_t n_hosts,
			const struct sent *sent)
{
	const Convene__V1__Standing *standing =
		sent->record != NULL ? sent->record->standing : NULL;
	const char *noc = NULL;

	if (r->programme != NULL && standing != NULL && standing->placement != NULL)
		noc = programme_noc_of_venue(r->programme, standing->placement->venue);
	for (size_t i = 0; i < n_hosts && noc != NULL; i++) {
		if (strcmp(hosts[i], noc) == 0)
			return i;
	}
	return n_hosts;
}

static size_t list_hosts(const struct results *r, const char *ret_hosts[HOSTS_MAX])
{
	const Convene__V1__Programme *about =
		r->programme != NULL ? programme_about(r->programme) : NULL;
	size_t n = 0;

	for (; about != NULL && n < about->n_parties && n < HOSTS_MAX; n++)
		ret_hosts[n] = about->parties[n];
	return n;
}

static void print_table(struct cli *cli, const struct results *r)
{
	const char *hosts[HOSTS_MAX], *headings[OUT_COLUMNS_MAX];
	size_t counts[STATE_N][HOSTS_MAX + 1] = { { 0 } };
	const size_t n_hosts = list_hosts(r, hosts);
	const size_t n_columns = n_hosts + 3;
	struct table table;

	headings[0] = "state";
	for (size_t i = 0; i < n_hosts; i++)
		headings[i + 1] = arena_printf(&cli->arena, ">%s", hosts[i]);
	headings[n_hosts + 1] = ">no place";
	headings[n_hosts + 2] = ">all";
	for (size_t i = 0; i < n_columns; i++)
		CVN_REQUIRE(headings[i] != NULL);
	for (size_t i = 0; i < r->n; i++)
		counts[state_of(&r->sent[i])][column_of(r, hosts, n_hosts, &r->sent[i])]++;
	table_init(&table, &cli->arena, headings, n_columns);
	for (int state = 0; state < STATE_N; state++) {
		const char *cells[OUT_COLUMNS_MAX];
		size_t sum = 0;

		cells[0] = state == ROW_REFUSED ? "refused" : state_name((Convene__V1__State)state);
		for (size_t i = 0; i <= n_hosts; i++) {
			cells[i + 1] = arena_printf(&cli->arena, "%zu", counts[state][i]);
			sum += counts[state][i];
		}
		cells[n_hosts + 2] = arena_printf(&cli->arena, "%zu", sum);
		if (sum > 0)
			table_row_of_state(&table, cells, (Convene__V1__State)state);
	}
	table_print(&table, stdout);
}

static void print_summary(const struct results *r)
{
	size_t n_new = 0, n_again = 0, n_refused = 0;

	for (size_t i = 0; i < r->n; i++) {
		n_refused += r->sent[i].problem != NULL;
		n_again += r->sent[i].is_again;
		n_new += r->sent[i].has_receipt && !r->sent[i].is_again;
	}
	printf("%zu requests: %zu received, %zu known before, %zu refused\n", r->n, n_new, n_again,
	       n_refused);
	printf("%.2f s, %.0f requests %s per second\n", (double)r->ms / 1000,
	       (double)r->n * 1000 / (double)(r->ms > 0 ? r->ms : 1),
	       r->is_decided ? "decided" : "received");
}

int results_print(struct cli *cli, const struct results *r)
{
	int code = EXIT_OK;

	for (size_t i = 0; i < r->n; i++) {
		const Convene__V1__State state = state_of(&r->sent[i]);

		if (state == STATE_NONE || state == STATE_REJECTED)
			code = EXIT_DATA;
		if (cli->is_json)
			json_print_line(results_json(&r->sent[i]));
		else if (r->n <= RESULTS_SINGLE_MAX)
			print_one(&r->sent[i]);
	}
	if (!cli->is_json && r->n > RESULTS_SINGLE_MAX) {
		print_table(cli, r);
		print_summary(r);
	}
	return code;
}
