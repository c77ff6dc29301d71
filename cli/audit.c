/* audit: the record of who did what and when, and whether anybody has touched it since. The hashes
 * are computed here: what the daemon says of them is not taken at its word. */
#include "cli/chain_check.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/record_json.h"
#include "cli/show.h"
#include "domain/lifecycle.h"
#include "domain/programme.h"
#include "util/clock.h"
#include "wire/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAGE_BYTES ((size_t)64 << 20)
#define FAULTS_SHOWN_MAX 100
#define SEAL_WAIT_MS 3000 /* many times what an entry waits for its hash */
#define SEAL_LOOK_MS 50

/* Takes a page; false: enough. */
typedef bool page_fn(void *arg, const Convene__V1__AuditPage *page);

struct auditing {
	struct cli *cli;
	struct arena page;  /* one reply */
	struct arena entry; /* one entry, decoded */
	json_t *faults;     /* verify with --json */
	struct chain_check check;
	int64_t through; /* verify: so far the chain went when it began */
	int64_t left;    /* list: entries still wanted */
};

static int ask(struct auditing *a, int64_t after, int64_t limit, const Convene__V1__AuditPage **ret)
{
	Convene__V1__Audit audit = CONVENE__V1__AUDIT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	audit.has_after = 1;
	audit.after = after;
	audit.has_limit = limit >= 0;
	audit.limit = limit;
	call.of_case = CONVENE__V1__CALL__OF_AUDIT;
	call.audit = &audit;
	arena_reset(&a->page);
	code = cli_programme_call_into(a->cli, &call, &a->page, &reply);
	if (code == EXIT_OK && reply->of_case != CONVENE__V1__REPLY__OF_AUDIT)
		code = cli_fail(a->cli, EXIT_PROTOCOL, "the daemon did not answer with a page");
	if (code == EXIT_OK)
		*ret = reply->audit;
	return code;
}

static int each_page(struct auditing *a, int64_t after, page_fn *on_page)
{
	const Convene__V1__AuditPage *page;
	int code;

	do {
		code = ask(a, after, -1, &page);
		if (code != EXIT_OK || !on_page(a, page))
			return code;
		if (page->has_next && page->next <= after)
			return cli_fail(a->cli, EXIT_PROTOCOL, "the daemon's pages do not move on");
		after = page->next;
	} while (page->has_next);
	return EXIT_OK;
}

static bool seal_of(const Convene__V1__AuditPage *page, struct chain_hash *ret)
{
	if (!page->has_seal || page->seal.len != CHAIN_HASH_BYTES)
		return false;
	memcpy(ret->bytes, page->seal.data, CHAIN_HASH_BYTES);
	return true;
}

/* What the entry is about, as far as it can still be read: "request q1", "city moscow". */
static const Convene__V1__Update *read_entry(struct auditing *a, const ProtobufCBinaryData *stored)
{
	struct frame_fault fault;
	ProtobufCMessage *message;

	arena_reset(&a->entry);
	return stored != NULL &&
			       frame_decode(&convene__v1__update__descriptor, stored->data,
					    stored->len, &FRAME_LIMITS_PAGE, &a->entry, &message,
					    &fault) == CVN_OK ?
		       (const Convene__V1__Update *)message :
		       NULL;
}

static void name_subject(const Convene__V1__Update *u, const char **ret_kind, const char **ret_id)
{
	*ret_kind = NULL;
	*ret_id = "";
	if (u != NULL && u->of_case == CONVENE__V1__UPDATE__OF_REQUEST) {
		*ret_kind = "request";
		*ret_id = show_or_empty(u->request->id);
	} else if (u != NULL && u->of_case == CONVENE__V1__UPDATE__OF_ENTITY &&
		   u->entity->entity != NULL) {
		*ret_kind = entity_kind_name(entity_kind(u->entity->entity));
		*ret_id = show_or_empty(entity_id(u->entity->entity));
	}
}

/* --- verify --- */

static void on_fault(void *arg, int64_t cursor, enum chain_fault fault,
		     const ProtobufCBinaryData *stored)
{
	struct auditing *a = arg;
	const char *kind, *id;

	if (a->check.n_faults > FAULTS_SHOWN_MAX)
		return;
	name_subject(read_entry(a, stored), &kind, &id);
	if (a->faults != NULL) {
		json_t *one = json_pack("{s:I,s:s,s:s}", "cursor", (json_int_t)cursor, "fault",
					chain_fault_name(fault), "text", chain_fault_text(fault));

		if (one != NULL && kind != NULL)
			json_object_set_new(one, kind, json_string(id));
		json_array_append_new(a->faults, one);
		return;
	}
	printf("cursor %" PRId64 ": ", cursor);
	if (kind != NULL) {
		printf("%s ", kind);
		out_text(stdout, id, SIZE_MAX);
		fputs(": ", stdout);
	} else if (stored != NULL) {
		fputs("(cannot be read) ", stdout);
	}
	printf("%s\n", chain_fault_text(fault));
}

static bool verify_page(void *arg, const Convene__V1__AuditPage *page)
{
	struct auditing *a = arg;

	for (size_t i = 0; i < page->n_entries; i++) {
		if (page->entries[i]->cursor > a->through)
			return false;
		chain_check_add(&a->check, page->entries[i]);
	}
	return a->check.cursor < a->through;
}

/* Where log and chain end. What was committed a moment ago may not have its hash yet: that is waited
 * for, but not for long. `*ret_late`: entries that were there at first, and have none yet. */
static int find_end(struct auditing *a, const Convene__V1__AuditPage **ret, int64_t *ret_late)
{
	const uint64_t until_ms = clock_ms() + SEAL_WAIT_MS;
	int64_t last = -1;
	int code;

	for (;;) {
		code = ask(a, 0, 0, ret);
		if (code != EXIT_OK)
			return code;
		if (last < 0)
			last = (*ret)->last;
		*ret_late = (*ret)->sealed >= last ? 0 : last - (*ret)->sealed;
		if (*ret_late == 0 || clock_ms() >= until_ms)
			return EXIT_OK;
		nanosleep(&(struct timespec){ .tv_nsec = SEAL_LOOK_MS * 1000000L }, NULL);
	}
}

static void tell(struct auditing *a, int64_t unsealed)
{
	char text[CHAIN_HASH_TEXT];

	chain_text(&a->check.last, text);
	if (a->faults != NULL) {
		json_print_line(json_pack("{s:b,s:I,s:s,s:I,s:I,s:O}", "verified",
					  a->check.n_faults == 0, "cursor",
					  (json_int_t)a->check.cursor, "hash", text, "unsealed",
					  (json_int_t)unsealed, "n_faults",
					  (json_int_t)a->check.n_faults, "faults", a->faults));
	} else if (a->check.n_faults > 0) {
		printf("does not verify: %" PRId64 " faults in %" PRId64 " entries\n",
		       a->check.n_faults, a->check.cursor);
	} else {
		printf("verified: %" PRId64 " entries, the last has the hash\n%" PRId64 ":%s\n",
		       a->check.cursor, a->check.cursor, text);
	}
}

static int verify(struct auditing *a)
{
	const char *expect = a->cli->args.value[OPT_EXPECT];
	struct chain_expected expected = { .is_given = false };
	const Convene__V1__AuditPage *end;
	const char *programme;
	struct chain_hash seal;
	bool has_seal;
	int64_t late;
	int code;

	if (expect != NULL && !chain_expected_parse(expect, &expected))
		return cli_fail(a->cli, EXIT_USAGE,
				"--expect: a hash is wanted, or CURSOR:HASH, as `audit head` prints it");
	code = cli_programme(a->cli, &programme);
	if (code == EXIT_OK)
		code = find_end(a, &end, &late);
	if (code != EXIT_OK)
		return code;
	has_seal = seal_of(end, &seal);
	a->through = end->sealed;
	if (a->cli->is_json)
		a->faults = json_array();
	chain_check_init(&a->check, programme, &expected, on_fault, a);
	if (a->through > 0)
		code = each_page(a, 0, verify_page);
	if (code == EXIT_OK) {
		chain_check_end(&a->check, a->through, has_seal ? &seal : NULL);
		if (late > 0) {
			a->check.n_faults++;
			on_fault(a, a->through, CHAIN_UNSEALED, NULL);
		}
		tell(a, late);
		code = a->check.n_faults == 0 ? EXIT_OK : EXIT_FAILED;
	}
	chain_check_done(&a->check);
	json_decref(a->faults);
	return code;
}

/* --- head --- */

static int head(struct auditing *a)
{
	const Convene__V1__AuditPage *page;
	char text[CHAIN_HASH_TEXT] = "";
	struct chain_hash seal;
	int64_t late;
	int code = find_end(a, &page, &late);

	if (code != EXIT_OK)
		return code;
	if (seal_of(page, &seal))
		chain_text(&seal, text);
	if (a->cli->is_json)
		json_print_line(json_pack("{s:I,s:s,s:I}", "cursor", (json_int_t)page->sealed,
					  "hash", text, "last", (json_int_t)page->last));
	else
		printf("%" PRId64 ":%s\n", page->sealed, text);
	return EXIT_OK;
}

/* --- list --- */

/* A standing keeps its last decision: is it that of who made this change? */
static bool is_own_decision(const Convene__V1__Decision *decision, const char *by)
{
	return decision != NULL && decision->what != NULL && decision->by != NULL &&
	       strcmp(decision->by, by) == 0;
}

/* What was done: by people in their words, by the system as the state that came of it. */
static const char *what_of(const Convene__V1__Update *u)
{
	const Convene__V1__RequestChange *r;

	if (u->of_case == CONVENE__V1__UPDATE__OF_ENTITY)
		return u->entity->retired ? "retire" : "put";
	if (u->of_case != CONVENE__V1__UPDATE__OF_REQUEST || u->request->standing == NULL)
		return "?";
	r = u->request;
	if (r->by != NULL && is_own_decision(r->standing->decision, r->by))
		return r->standing->decision->what;
	if (r->by != NULL && r->standing->state == STATE_RECEIVED)
		return "submit";
	return state_name(r->standing->state);
}

static void who_of(const Convene__V1__Update *u, const char **ret_by, const char **ret_role)
{
	const bool is_request = u->of_case == CONVENE__V1__UPDATE__OF_REQUEST;
	const bool is_entity = u->of_case == CONVENE__V1__UPDATE__OF_ENTITY;

	*ret_by = is_request ? u->request->by : is_entity ? u->entity->by : NULL;
	*ret_role = is_request ? u->request->by_role : is_entity ? u->entity->by_role : NULL;
}

static void list_json(const Convene__V1__AuditEntry *entry, const Convene__V1__Update *u,
		      const char *hash)
{
	const char *by, *role;
	json_t *line = u != NULL ? update_json(u) : json_object();

	if (line == NULL)
		return;
	json_object_set_new(line, "cursor", json_integer(entry->cursor));
	json_object_set_new(line, "version", json_integer(entry->version));
	json_object_set_new(line, "hash", *hash != '\0' ? json_string(hash) : json_null());
	if (u != NULL) {
		who_of(u, &by, &role);
		json_object_set_new(line, "what", json_string(what_of(u)));
		json_object_set_new(line, "by", by != NULL ? json_string(by) : json_null());
		json_object_set_new(line, "role", role != NULL ? json_string(role) : json_null());
	} else {
		json_object_set_new(line, "readable", json_false());
	}
	json_print_line(line);
}

static void list_entry(struct auditing *a, const Convene__V1__AuditEntry *entry)
{
	const Convene__V1__Update *u = read_entry(a, entry->has_stored ? &entry->stored : NULL);
	char text[CHAIN_HASH_TEXT] = "";
	const char *kind, *id, *by, *role;
	struct chain_hash hash;

	if (entry->has_hash && entry->hash.len == CHAIN_HASH_BYTES) {
		memcpy(hash.bytes, entry->hash.data, CHAIN_HASH_BYTES);
		chain_text(&hash, text);
	}
	if (a->cli->is_json) {
		list_json(entry, u, text);
		return;
	}
	printf("#%-6" PRId64 " %.12s  ", entry->cursor, *text != '\0' ? text : "(not sealed)");
	if (u == NULL) {
		printf("%s\n", entry->has_stored ? "cannot be read" : "is missing");
		return;
	}
	name_subject(u, &kind, &id);
	who_of(u, &by, &role);
	printf("%s  ", show_time(u->unix_ms, &a->entry));
	out_text(stdout, by != NULL ? by : "convened", SIZE_MAX);
	printf(" (%s): ", role != NULL ? role : "the system");
	out_text(stdout, what_of(u), SIZE_MAX);
	printf(" %s ", kind != NULL ? kind : "?");
	out_text(stdout, id, SIZE_MAX);
	putchar('\n');
}

static bool list_page(void *arg, const Convene__V1__AuditPage *page)
{
	struct auditing *a = arg;

	for (size_t i = 0; i < page->n_entries && a->left > 0; i++, a->left--)
		list_entry(a, page->entries[i]);
	return a->left > 0 && ferror(stdout) == 0;
}

static int list(struct auditing *a)
{
	int64_t after;

	if (args_number(&a->cli->args, OPT_FROM, 0, INT64_MAX / 2, 0, &after) != CVN_OK ||
	    args_number(&a->cli->args, OPT_LIMIT, 1, INT64_MAX, INT64_MAX, &a->left) != CVN_OK)
		return cli_fail(a->cli, EXIT_USAGE, "%s", a->cli->args.fault);
	return each_page(a, after, list_page);
}

int cmd_audit(struct cli *cli)
{
	static const struct {
		const char *word;
		int (*run)(struct auditing *a);
	} WHAT[] = { { "verify", verify }, { "list", list }, { "head", head } };
	struct auditing a = { .cli = cli };
	int code = -1;

	arena_init(&a.page, PAGE_BYTES);
	arena_init(&a.entry, PAGE_BYTES);
	for (size_t i = 0; i < sizeof(WHAT) / sizeof(*WHAT); i++)
		if (strcmp(cli->args.positional[0], WHAT[i].word) == 0)
			code = WHAT[i].run(&a);
	arena_done(&a.page);
	arena_done(&a.entry);
	return code >= 0 ? code :
			   cli_fail(cli, EXIT_USAGE, "audit: verify, list or head is wanted, not %s",
				    cli->args.positional[0]);
}
