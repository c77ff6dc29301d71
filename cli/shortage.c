#include "cli/shortage.h"
#include "domain/code.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finder {
	const struct entries *entries;
	struct arena *arena;
	struct shortages list;
	size_t cap;
};

bool shortage_waits(const struct entry *e)
{
	const Convene__V1__Standing *s = e->standing;

	for (size_t i = 0; s->state == STATE_WAITLISTED && i < s->n_reasons; i++)
		if (s->reasons[i]->code != NULL &&
		    strcmp(s->reasons[i]->code, code_reason_name(REASON_SERVICE_EXHAUSTED)) == 0)
			return true;
	return false;
}

static int64_t asked(const Convene__V1__Request *c, int service)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->n_services; i++)
		if (code_service(c->services[i]->service) == service && c->services[i]->staff > 0)
			sum += c->services[i]->staff;
	return sum;
}

/* Staff of the service that placed events take at the host on that day. */
static int64_t booked(const struct finder *f, const char *noc, int service, int32_t day)
{
	int64_t sum = 0;

	for (size_t i = 0; i < f->entries->n; i++) {
		const struct entry *e = &f->entries->all[i];
		const char *host;
		int32_t first;

		if (e->content == NULL || !lifecycle_has_place(e->standing) ||
		    !day_parse(e->standing->placement->first_day, &first) || day < first ||
		    day >= first + e->content->duration)
			continue;
		host = programme_noc_of_venue(f->entries->programme, e->standing->placement->venue);
		if (host != NULL && strcmp(host, noc) == 0)
			sum += asked(e->content, service);
	}
	return sum;
}

/* How many are missing at the host on the worst of the days wished for. */
static int64_t missing_at(const struct finder *f, const Convene__V1__Request *c, const char *noc,
			  int service)
{
	const int64_t days = c->duration < 366 ? c->duration : 366;
	int64_t most = 0;
	int32_t first;

	if (!day_parse(c->preferred_first_day, &first))
		return 0;
	for (int32_t d = first; d < first + days; d++) {
		const int64_t n = asked(c, service) + booked(f, noc, service, d) -
				  programme_offered(f->entries->programme, noc, service, d);

		most = n > most ? n : most;
	}
	return most < asked(c, service) ? most : asked(c, service);
}

/* … at the host that lacks the fewest. */
static int64_t missing(const struct finder *f, const Convene__V1__Request *c, int service)
{
	int64_t least = asked(c, service);

	for (size_t i = 0; i < c->n_hosts; i++) {
		const int64_t n = missing_at(f, c, c->hosts[i], service);

		least = n < least ? n : least;
	}
	return least;
}

static const char *hosts_of(struct finder *f, const Convene__V1__Request *c)
{
	const char *text = NULL;

	for (size_t i = 0; i < c->n_hosts; i++)
		text = text == NULL ? c->hosts[i] :
				      arena_printf(f->arena, "%s or %s", text, c->hosts[i]);
	return text != NULL ? text : "";
}

static struct shortage *row_of(struct finder *f, const char *service, const char *host,
			       const char *month)
{
	struct shortage *all;

	for (size_t i = 0; i < f->list.n; i++) {
		struct shortage *s = &f->list.all[i];

		if (strcmp(s->service, service) == 0 && strcmp(s->host, host) == 0 &&
		    strcmp(s->month, month) == 0)
			return s;
	}
	if (f->list.n == f->cap) {
		f->cap = f->cap > 0 ? 2 * f->cap : 32;
		all = arena_array(f->arena, f->cap, sizeof(*all));
		if (all == NULL)
			return NULL;
		if (f->list.n > 0)
			memcpy(all, f->list.all, f->list.n * sizeof(*all));
		f->list.all = all;
	}
	f->list.all[f->list.n] = (struct shortage){ .service = service, .host = host };
	snprintf(f->list.all[f->list.n].month, sizeof(f->list.all[0].month), "%.7s", month);
	return &f->list.all[f->list.n++];
}

static bool add(struct finder *f, const struct entry *e, int service, int64_t staff)
{
	const char *day = e->content->preferred_first_day;
	char month[8];
	struct shortage *s;

	snprintf(month, sizeof(month), "%.7s", day != NULL ? day : "");
	s = row_of(f, code_service_name(service), hosts_of(f, e->content), month);
	if (s == NULL)
		return false;
	s->staff += staff;
	s->n++;
	s->ids = s->ids == NULL ? e->id : arena_printf(f->arena, "%s %s", s->ids, e->id);
	return s->ids != NULL;
}

static bool look(struct finder *f, const struct entry *e)
{
	int64_t lacks[SERVICE_N], sum = 0;
	bool is_good = true;

	for (int s = 0; s < SERVICE_N; s++)
		sum += lacks[s] = missing(f, e->content, s);
	for (int s = 0; s < SERVICE_N && is_good; s++) {
		if (sum == 0)
			lacks[s] = asked(e->content, s);
		if (lacks[s] > 0)
			is_good = add(f, e, s, lacks[s]);
	}
	return is_good;
}

static int by_names(const void *a, const void *b)
{
	const struct shortage *x = a, *y = b;
	int order = strcmp(x->service, y->service);

	if (order == 0)
		order = strcmp(x->host, y->host);
	return order != 0 ? order : strcmp(x->month, y->month);
}

enum cvn_err shortage_find(const struct entries *entries, struct arena *arena,
			   struct shortages *ret)
{
	struct finder f = { .entries = entries, .arena = arena };

	for (size_t i = 0; i < entries->n; i++)
		if (entries->all[i].content != NULL && shortage_waits(&entries->all[i]) &&
		    !look(&f, &entries->all[i]))
			return CVN_ENOMEM;
	if (f.list.n > 1)
		qsort(f.list.all, f.list.n, sizeof(*f.list.all), by_names);
	*ret = f.list;
	return CVN_OK;
}
