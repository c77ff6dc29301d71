/* rules_where.c - where, and whether any place could ever do.
 *
 * The venues are tested in one fixed order (place, facilities, level, units, beds), each test on those that the tests
 * before have left. The first test that leaves none is the one that binds, and the only one that is blamed.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "domain/code.h"
#include "validator/judge.h"
#include <string.h>

static size_t n_hosts(const struct judgement *j)
{
	return at_most(j->request->n_hosts, HOSTS_MAX);
}

static bool is_among(char *const *texts, size_t n, const char *text)
{
	for (size_t i = 0; text != NULL && i < n; i++) {
		if (strcmp(texts[i], text) == 0)
			return true;
	}
	return false;
}

static bool is_in_place(const struct judgement *j, const Convene__V1__Venue *venue, const Convene__V1__City *city)
{
	const Convene__V1__Request *r = j->request;

	if (is_fixed(r))
		return r->announced->venue != NULL && strcmp(r->announced->venue, venue->id) == 0;
	return is_among(venue->disciplines, venue->n_disciplines, r->discipline) &&
	       is_among(r->hosts, n_hosts(j), city != NULL ? city->noc : NULL) &&
	       (r->n_venues == 0 || is_among(r->venues, at_most(r->n_venues, VENUES_MAX), venue->id));
}

static bool has_facilities(const Convene__V1__Request *r, const Convene__V1__Venue *venue)
{
	for (size_t i = 0; i < at_most(r->n_facilities, FACILITIES_MAX); i++) {
		if (!is_among(venue->facilities, venue->n_facilities, r->facilities[i]))
			return false;
	}
	return true;
}

/* The test that this venue fails first, and what it has where that is a number. A fixed event stands already: whether
 * its venue has what it asks for is not asked, only whether it has room. */
static enum binding first_fault(const struct judgement *j, const Convene__V1__Venue *venue,
                                const Convene__V1__City *city, int64_t *ret_has)
{
	const Convene__V1__Request *r = j->request;

	*ret_has = 0;
	if (!is_in_place(j, venue, city))
		return BINDS_PLACE;
	if (!is_fixed(r) && !has_facilities(r, venue))
		return BINDS_FACILITIES;
	*ret_has = venue->level;
	if (!is_fixed(r) && r->level > venue->level)
		return BINDS_LEVEL;
	*ret_has = venue->units;
	if (r->units > venue->units)
		return BINDS_UNITS;
	*ret_has = city != NULL ? city->beds : 0;
	if (r->headcount > *ret_has)
		return BINDS_BEDS;
	return BINDS_NOTHING;
}

static void add_noc(struct eligible *e, const char *noc)
{
	for (size_t i = 0; i < e->n_nocs; i++) {
		if (strcmp(e->nocs[i], noc) == 0)
			return;
	}
	if (e->n_nocs < HOSTS_MAX)
		e->nocs[e->n_nocs++] = noc;
}

/* Of all venues, the one that comes furthest says which test binds. */
static void look_at_venues(const struct judgement *j, struct eligible *e)
{
	e->binding = BINDS_PLACE;
	for (const struct programme_item *i = programme_first(j->programme, ENTITY_VENUE); i != NULL;
	     i = programme_next(i)) {
		const Convene__V1__Venue *venue = i->entity->venue;
		const Convene__V1__City *city = programme_city(j->programme, venue->city);
		int64_t has;
		enum binding fault = first_fault(j, venue, city, &has);

		if (fault == BINDS_NOTHING && city != NULL && city->noc != NULL) {
			add_noc(e, city->noc);
		} else if (fault > e->binding) {
			e->binding = fault;
			e->best = has;
		} else if (fault == e->binding && has > e->best) {
			e->best = has;
		}
	}
	if (e->n_nocs > 0)
		e->binding = BINDS_NOTHING;
}

const struct eligible *eligible(struct judgement *j)
{
	static const struct eligible NONE;

	if (j->eligible == NULL) {
		j->eligible = arena_zalloc(j->arena, sizeof(*j->eligible));
		j->is_out_of_memory |= j->eligible == NULL;
		if (j->eligible != NULL)
			look_at_venues(j, j->eligible);
	}
	return j->eligible != NULL ? j->eligible : &NONE;
}

void rule_HOSTS_EMPTY(struct judgement *j)
{
	if (j->request->n_hosts == 0)
		blame(j, "hosts", NULL);
}

void rule_HOST_NOT_PARTY(struct judgement *j)
{
	for (size_t i = 0; i < n_hosts(j); i++) {
		const char *host = j->request->hosts[i];

		if (!programme_is_party(j->programme, host) && !programme_is_guest(j->programme, host))
			blame(j, words(j, "hosts[%zu]", i), words(j, "%s is none", quote(j, host)));
	}
}

void rule_HOST_IS_GUEST(struct judgement *j)
{
	for (size_t i = 0; i < n_hosts(j); i++) {
		const char *host = j->request->hosts[i];

		if (!programme_is_party(j->programme, host) && programme_is_guest(j->programme, host))
			blame(j, words(j, "hosts[%zu]", i), words(j, "%s is a guest", quote(j, host)));
	}
}

void rule_HOST_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < n_hosts(j); i++) {
		if (is_repeated(j->request->hosts, i))
			blame(j, words(j, "hosts[%zu]", i), NULL);
	}
}

void rule_VENUE_UNKNOWN(struct judgement *j)
{
	const Convene__V1__Announced *announced = j->request->announced;

	for (size_t i = 0; i < at_most(j->request->n_venues, VENUES_MAX); i++) {
		const char *venue = j->request->venues[i];

		if (programme_venue(j->programme, venue) == NULL)
			blame(j, words(j, "venues[%zu]", i), words(j, "%s is none", quote(j, venue)));
	}
	if (announced != NULL && announced->venue != NULL && programme_venue(j->programme, announced->venue) == NULL)
		blame(j, "announced.venue", words(j, "%s is none", quote(j, announced->venue)));
}

void rule_VENUE_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < at_most(j->request->n_venues, VENUES_MAX); i++) {
		if (is_repeated(j->request->venues, i))
			blame(j, words(j, "venues[%zu]", i), NULL);
	}
}

void rule_NO_ELIGIBLE_VENUE(struct judgement *j)
{
	if (j->request->discipline != NULL && eligible(j)->binding == BINDS_PLACE)
		blame(j, j->request->n_venues > 0 ? "venues" : "hosts",
		      words(j, "none holds %s", quote(j, j->request->discipline)));
}

void rule_NO_VENUE_WITH_FACILITIES(struct judgement *j)
{
	if (eligible(j)->binding == BINDS_FACILITIES)
		blame(j, "facilities", "ask for fewer, or name other venues or hosts");
}

void rule_LEVEL_ABOVE_VENUES(struct judgement *j)
{
	if (eligible(j)->binding == BINDS_LEVEL)
		blame(j, "level", words(j, "%lld at most", (long long)eligible(j)->best));
}

void rule_UNITS_ABOVE_VENUES(struct judgement *j)
{
	if (eligible(j)->binding == BINDS_UNITS)
		blame(j, "units", words(j, "%lld at most", (long long)eligible(j)->best));
}

void rule_HEADCOUNT_ABOVE_BEDS(struct judgement *j)
{
	if (eligible(j)->binding == BINDS_BEDS)
		blame(j, "headcount", words(j, "%lld at most", (long long)eligible(j)->best));
}

/* Which hosts are left to be asked for staff: those of the venues that would do, else those that were named. */
static size_t hosts_left(struct judgement *j, const char *nocs[HOSTS_MAX])
{
	bool can_ask = !is_blamed(j, "discipline") && !is_blamed(j, "venues") && !is_blamed(j, "facilities") &&
	               !is_blamed(j, "level") && !is_blamed(j, "units");
	const struct eligible *e = can_ask ? eligible(j) : NULL;
	size_t n = 0;

	if (e != NULL && e->n_nocs > 0) {
		memcpy(nocs, e->nocs, e->n_nocs * sizeof(*nocs));
		return e->n_nocs;
	}
	if (is_fixed(j->request))
		return 0;
	for (size_t i = 0; i < n_hosts(j); i++)
		nocs[n++] = j->request->hosts[i];
	return n;
}

/* Keeps the hosts that have the staff on some day. Returns how many; *ret_most is the most that one of them has. */
static size_t keep_hosts(const struct judgement *j, const Convene__V1__Need *need, const char *nocs[HOSTS_MAX],
                         size_t n_nocs, int64_t *ret_most)
{
	int service = code_service(need->service);
	size_t n_left = 0;

	*ret_most = 0;
	for (size_t i = 0; i < n_nocs; i++) {
		int64_t most = programme_offered_most(j->programme, nocs[i], service);

		*ret_most = most > *ret_most ? most : *ret_most;
		if (most >= need->staff)
			nocs[n_left++] = nocs[i];
	}
	return n_left;
}

/* Each service is asked of all hosts; then they must also have a host in common. */
void rule_SERVICE_ABOVE_OFFERS(struct judgement *j)
{
	const char *nocs[HOSTS_MAX], *common[HOSTS_MAX];
	size_t n_nocs = hosts_left(j, nocs);
	size_t n_common = n_nocs;

	memcpy(common, nocs, n_nocs * sizeof(*nocs));
	for (size_t i = 0; i < at_most(j->request->n_services, SERVICES_MAX) && n_nocs > 0; i++) {
		const Convene__V1__Need *need = j->request->services[i];
		const char *asked[HOSTS_MAX];
		int64_t most, most_common;

		if (code_service(need->service) < 0 || !need->has_staff || need->staff < 1)
			continue;
		memcpy(asked, nocs, n_nocs * sizeof(*nocs));
		if (keep_hosts(j, need, asked, n_nocs, &most) == 0) {
			blame(j, words(j, "services.%s", need->service), words(j, "%lld at most", (long long)most));
			continue;
		}
		n_common = keep_hosts(j, need, common, n_common, &most_common);
		if (n_common == 0) {
			blame(j, words(j, "services.%s", need->service), "no host has this and the others");
			return;
		}
	}
}
