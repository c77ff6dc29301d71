/* derived.c - built in one pass over the data, thrown away at the next change.
 *
 * Layer     domain; private to this folder.
 * Thread    one at a time. */
#include "domain/derived.h"
#include "domain/code.h"
#include "domain/day.h"
#include <stdlib.h>
#include <string.h>

struct word {
	const char *code; /* borrowed from the entity: both go at the same change */
	UT_hash_handle hh;
};

struct host {
	const char *noc;
	int32_t *offers[SERVICE_N]; /* n_days long; NULL: no offer */
	int32_t most[SERVICE_N];    /* of its days */
	UT_hash_handle hh;
};

static void add_word(struct word **set, const char *code)
{
	struct word *word;

	if (code == NULL || derived_has_word(*set, code))
		return;
	word = calloc(1, sizeof(*word));
	if (word == NULL)
		return;
	word->code = code;
	HASH_ADD_KEYPTR(hh, *set, word->code, strlen(word->code), word);
}

static void add_words(struct word **set, char *const *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_word(set, codes[i]);
}

static void add_terms(struct word **set, Convene__V1__Term *const *terms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_word(set, terms[i]->code);
}

static void free_words(struct word **set)
{
	struct word *word, *next;

	HASH_ITER(hh, *set, word, next) {
		HASH_DEL(*set, word);
		free(word);
	}
}

static void build_days(struct derived *d, const Convene__V1__Programme *about)
{
	int32_t last_day;

	if (about == NULL || !day_parse(about->first_day, &d->first_day) || !day_parse(about->last_day, &last_day) ||
	    last_day < d->first_day) {
		d->first_day = 0;
		return;
	}
	d->n_days = last_day - d->first_day + 1;
	if (d->n_days > PROGRAMME_DAYS_MAX)
		d->n_days = PROGRAMME_DAYS_MAX;
}

static void build_policy(struct derived *d, const Convene__V1__Programme *about)
{
	static const Convene__V1__Policy NONE = CONVENE__V1__POLICY__INIT;
	const Convene__V1__Policy *from = about != NULL && about->policy != NULL ? about->policy : &NONE;

#define OR(name, absent) (from->has_##name ? from->name : (absent))
#define WEIGHT(name) (OR(name, 0) > 0 ? OR(name, 0) : 0)
	d->policy = (struct policy){
		.date_weight = WEIGHT(date_weight),
		.move_cost = WEIGHT(move_cost),
		.reciprocity_weight = WEIGHT(reciprocity_weight),
		.rest_same_city = WEIGHT(rest_same_city),
		.rest_same_host = WEIGHT(rest_same_host),
		.rest_between_hosts = WEIGHT(rest_between_hosts),
		.file_days = OR(file_days, -1),
		.decide_days = OR(decide_days, -1),
		.longest_camp_days = OR(longest_camp_days, -1),
		.freeze_days = OR(freeze_days, -1),
		.change_notice_days = OR(change_notice_days, -1),
		.late_cancel_days = OR(late_cancel_days, -1),
		.accept_days = OR(accept_days, 7),
		.revision_days = OR(revision_days, 14),
		.min_people_pct = OR(min_people_pct, 50),
		.consent_of_all = OR(consent_of_all, false),
	};
#undef WEIGHT
#undef OR
}

static void build_words(struct derived *d, const struct programme *p)
{
	const Convene__V1__Programme *about = programme_about(p);
	bool lists_disciplines = about != NULL && about->n_disciplines + about->n_local_disciplines > 0;
	bool lists_facilities = about != NULL && about->n_facilities > 0;

	if (lists_disciplines) {
		add_terms(&d->disciplines, about->disciplines, about->n_disciplines);
		add_terms(&d->disciplines, about->local_disciplines, about->n_local_disciplines);
	}
	if (lists_facilities)
		add_terms(&d->facilities, about->facilities, about->n_facilities);
	for (const struct programme_item *i = programme_first(p, ENTITY_VENUE); i != NULL; i = programme_next(i)) {
		const Convene__V1__Venue *venue = i->entity->venue;

		if (!lists_disciplines)
			add_words(&d->disciplines, venue->disciplines, venue->n_disciplines);
		if (!lists_facilities)
			add_words(&d->facilities, venue->facilities, venue->n_facilities);
	}
	if (lists_disciplines)
		return;
	for (const struct programme_item *i = programme_first(p, ENTITY_FEDERATION); i != NULL; i = programme_next(i))
		add_words(&d->disciplines, i->entity->federation->disciplines, i->entity->federation->n_disciplines);
}

static struct host *host_of(struct derived *d, const char *noc)
{
	struct host *host;

	HASH_FIND_STR(d->hosts, noc, host);
	if (host != NULL)
		return host;
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return NULL;
	host->noc = noc;
	HASH_ADD_KEYPTR(hh, d->hosts, host->noc, strlen(host->noc), host);
	return host;
}

/* Days of the offer as indices, cut to the programme; false: none of them lies in it, or they are no days. */
static bool offer_days(const struct derived *d, const Convene__V1__Offer *offer, int32_t *ret_first, int32_t *ret_last)
{
	int32_t first = d->first_day, last = d->first_day + d->n_days - 1;

	if (offer->first_day != NULL && !day_parse(offer->first_day, &first))
		return false;
	if (offer->last_day != NULL && !day_parse(offer->last_day, &last))
		return false;
	first -= d->first_day;
	last -= d->first_day;
	*ret_first = first > 0 ? first : 0;
	*ret_last = last < d->n_days - 1 ? last : d->n_days - 1;
	return true;
}

static void add_offer(struct derived *d, const Convene__V1__Offer *offer)
{
	int service = code_service(offer->service);
	int32_t first, last;
	struct host *host;

	if (service < 0 || offer->noc == NULL || !offer->has_capacity || offer->capacity <= 0)
		return;
	if (!offer_days(d, offer, &first, &last) || first > last)
		return;
	host = host_of(d, offer->noc);
	if (host == NULL)
		return;
	if (host->offers[service] == NULL)
		host->offers[service] = calloc((size_t)d->n_days, sizeof(int32_t));
	if (host->offers[service] == NULL)
		return;
	for (int32_t day = first; day <= last; day++) {
		int32_t *staff = &host->offers[service][day];

		*staff = offer->capacity > INT32_MAX - *staff ? INT32_MAX : *staff + (int32_t)offer->capacity;
		if (*staff > host->most[service])
			host->most[service] = *staff;
	}
}

bool derived_has_word(const struct word *set, const char *code)
{
	struct word *word = NULL;

	if (code != NULL)
		HASH_FIND_STR(set, code, word);
	return word != NULL;
}

static const struct host *find_host(const struct derived *d, const char *noc, int service)
{
	struct host *host = NULL;

	if (noc != NULL && service >= 0 && service < SERVICE_N)
		HASH_FIND_STR(d->hosts, noc, host);
	return host;
}

const int32_t *derived_offers(const struct derived *d, const char *noc, int service)
{
	const struct host *host = find_host(d, noc, service);

	return host != NULL ? host->offers[service] : NULL;
}

int32_t derived_offered_most(const struct derived *d, const char *noc, int service)
{
	const struct host *host = find_host(d, noc, service);

	return host != NULL ? host->most[service] : 0;
}

void derived_build(struct derived *d, const struct programme *p)
{
	*d = (struct derived){ .is_built = true };
	build_days(d, programme_about(p));
	build_policy(d, programme_about(p));
	build_words(d, p);
	for (const struct programme_item *i = programme_first(p, ENTITY_OFFER); i != NULL; i = programme_next(i))
		add_offer(d, i->entity->offer);
}

void derived_done(struct derived *d)
{
	struct host *host, *next;

	free_words(&d->disciplines);
	free_words(&d->facilities);
	HASH_ITER(hh, d->hosts, host, next) {
		HASH_DEL(d->hosts, host);
		for (int i = 0; i < SERVICE_N; i++)
			free(host->offers[i]);
		free(host);
	}
	*d = (struct derived){ 0 };
}
