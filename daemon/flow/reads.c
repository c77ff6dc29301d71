/* reads.c - what stands: one request, a list, a snapshot. All out of the mirror.
 *
 * Layer     flow; rows of kinds.c.
 * Limit     READS_RECORDS_MAX records and EXCHANGE_REPLY_BYTES a page; READS_SCAN_MAX requests
 *           looked at for one.
 * Not here  what the caller may see (flow/view.c). */
#include <string.h>

#include "domain/day.h"
#include "domain/lifecycle.h"
#include "flow/kinds.h"
#include "flow/view.h"
#include "ports/page.h"

#define READS_RECORDS_MAX 1000
#define READS_SCAN_MAX 20000

struct listing {
	struct view view;
	const Convene__V1__List *call;
	int32_t first, last; /* of `days` */
};

static struct view view_of(const struct exchange *e)
{
	return (struct view){ .replica = e->programme->replica,
			      .role = e->caller.role,
			      .subject = e->caller.subject };
}

enum verdict get_start(struct exchange *e)
{
	struct view view = view_of(e);
	const struct replica_record *record = replica_find(view.replica, e->call->get->request);

	if (record == NULL)
		return exchange_fault(e, CVN_ENOTFOUND, NULL);
	if (!view_is_seen(&view, record))
		return exchange_fault(e, CVN_EFORBIDDEN, "the request is another federation's");
	e->reply.of_case = CONVENE__V1__REPLY__OF_RECORD;
	e->reply.record = view_record(&view, record, &e->arena);
	return e->reply.record != NULL ? NEXT : exchange_fault(e, CVN_ENOMEM, NULL);
}

static bool same(const char *asked, const char *is)
{
	return asked == NULL || (is != NULL && strcmp(asked, is) == 0);
}

static bool is_in_state(const Convene__V1__List *call, Convene__V1__State state)
{
	for (size_t i = 0; i < call->n_states; i++)
		if (call->states[i] == state)
			return true;
	return call->n_states == 0;
}

/* Is it placed on any of the days, at the host, at the venue that were asked for? */
static bool is_placed_as_asked(const struct listing *l, const struct replica_record *record)
{
	const Convene__V1__Placement *at = record->standing->placement;
	const struct programme *programme = replica_programme(l->view.replica);
	int32_t first;

	if (l->call->host == NULL && l->call->venue == NULL && l->call->days == NULL)
		return true;
	if (at == NULL || !same(l->call->venue, at->venue) ||
	    !same(l->call->host,
		  l->call->host != NULL ? programme_noc_of_venue(programme, at->venue) : NULL))
		return false;
	if (l->call->days == NULL)
		return true;
	return day_parse(at->first_day, &first) && first <= l->last &&
	       first + view_days_after_first(record->content) >= l->first;
}

static Convene__V1__Record *pick(void *arg, const struct replica_record *record,
				 struct arena *arena)
{
	const struct listing *l = arg;

	if (record->cursor <= l->call->since || !is_in_state(l->call, record->standing->state) ||
	    !same(l->call->federation, record->content->federation) ||
	    !same(l->call->discipline, record->content->discipline) ||
	    !is_placed_as_asked(l, record))
		return NULL;
	return view_record(&l->view, record, arena);
}

static enum verdict send_page(struct exchange *e, const struct page_options *options, int64_t from)
{
	struct page_place place;
	Convene__V1__Page *page;
	enum cvn_err err;

	if (!page_place_of(e->programme->replica, from, &place)) {
		exchange_violation(e, "from", "PAGE_UNKNOWN", "it is the next of no page");
		return exchange_fault(e, CVN_EINVALID, NULL);
	}
	err = page_build(e->programme->replica, options, &place, &e->arena, &page);
	if (err != CVN_OK)
		return exchange_fault(e, err, NULL);
	e->reply.of_case = CONVENE__V1__REPLY__OF_PAGE;
	e->reply.page = page;
	return NEXT;
}

enum verdict list_start(struct exchange *e)
{
	const Convene__V1__List *call = e->call->list;
	struct listing listing = { .view = view_of(e), .call = call };
	struct page_options options = { .records_only = true,
					.limit = READS_RECORDS_MAX,
					.bytes_max = EXCHANGE_REPLY_BYTES,
					.scan_max = READS_SCAN_MAX,
					.trim = pick,
					.arg = &listing };

	if (call->days != NULL && (!day_parse(call->days->first, &listing.first) ||
				   !day_parse(call->days->last, &listing.last))) {
		exchange_violation(e, "days", "DATE_INVALID", "a day is written as 2022-01-31");
		return exchange_fault(e, CVN_EINVALID, NULL);
	}
	if (call->has_limit && call->limit > 0 && call->limit < READS_RECORDS_MAX)
		options.limit = (size_t)call->limit;
	return send_page(e, &options, call->from);
}

enum verdict snapshot_start(struct exchange *e)
{
	struct page_options options = { .limit = READS_RECORDS_MAX,
					.bytes_max = EXCHANGE_REPLY_BYTES };

	return send_page(e, &options, e->call->snapshot->from);
}
