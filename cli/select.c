#include "cli/select.h"
#include "cli/filter.h"
#include "cli/history.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const char *select_venue(const struct entry *e)
{
	const Convene__V1__Placement *p = e->standing->placement;

	if (p == NULL && e->history != NULL && e->history->last.venue[0] != '\0')
		return e->history->last.venue;
	p = p != NULL ? p : e->standing->was;
	return p != NULL ? p->venue : NULL;
}

const char *select_first_day(const struct entry *e)
{
	const Convene__V1__Placement *p = e->standing->placement;

	if (p == NULL && e->history != NULL && e->history->last.venue[0] != '\0')
		return e->history->last.first_day;
	p = p != NULL ? p : e->standing->was;
	return p != NULL ? p->first_day : NULL;
}

/* Of another's request a federation sees no squads, but the invitations of its own. */
static bool is_invited(const struct entry *e, const char *squad, const char *federation)
{
	const Convene__V1__Standing *s = e->standing;

	if (e->content == NULL || e->content->n_squads > 0)
		return false;
	for (size_t i = 0; i < s->n_invitations; i++)
		if (same(s->invitations[i]->squad, squad) ||
		    same(s->invitations[i]->federation, federation))
			return true;
	return false;
}

bool select_has_squad(const struct entry *e, const char *squad)
{
	for (size_t i = 0; e->content != NULL && i < e->content->n_squads; i++)
		if (same(e->content->squads[i], squad))
			return true;
	return is_invited(e, squad, NULL);
}

bool select_concerns_federation(const struct entries *entries, const struct entry *e,
				const char *federation)
{
	const Convene__V1__Request *c = e->content;

	if (c == NULL || same(c->federation, federation))
		return c != NULL;
	for (size_t i = 0; entries->programme != NULL && i < c->n_squads; i++) {
		const Convene__V1__Squad *squad = programme_squad(entries->programme, c->squads[i]);

		if (squad != NULL && same(squad->federation, federation))
			return true;
	}
	return is_invited(e, NULL, federation);
}

bool select_concerns_noc(const struct entries *entries, const struct entry *e, const char *noc)
{
	const struct programme *p = entries->programme;
	const Convene__V1__Request *c = e->content;

	if (p == NULL || c == NULL)
		return false;
	if (same(programme_noc_of_venue(p, select_venue(e)), noc) ||
	    same(programme_noc_of_federation(p, c->federation), noc))
		return true;
	for (size_t i = 0; i < c->n_squads; i++)
		if (same(programme_noc_of_squad(p, c->squads[i]), noc))
			return true;
	return false;
}

/* What is asked for; NULL and 0: anything. */
struct wanted {
	const char *federation, *discipline, *host, *venue, *noc, *squad, *kind;
	int64_t level;
	Convene__V1__State *states;
	size_t n_states;
	Convene__V1__Period *days;
};

static bool is_on_days(const struct entry *e, const Convene__V1__Period *days)
{
	const int64_t duration = e->content != NULL ? e->content->duration : 1;
	int32_t day, first, last;

	return day_parse(select_first_day(e), &day) && day_parse(days->first, &first) &&
	       day_parse(days->last, &last) && day <= last &&
	       day + (duration > 1 ? duration - 1 : 0) >= first;
}

static bool is_in_states(const struct entry *e, const struct wanted *w)
{
	for (size_t i = 0; i < w->n_states; i++)
		if (w->states[i] == e->standing->state)
			return true;
	return w->n_states == 0;
}

static bool passes(const struct entries *entries, const struct entry *e, const struct wanted *w)
{
	const Convene__V1__Request *c = e->content;

	if (!is_in_states(e, w) || (w->days != NULL && !is_on_days(e, w->days)))
		return false;
	if (w->federation != NULL && !select_concerns_federation(entries, e, w->federation))
		return false;
	if (w->noc != NULL && !select_concerns_noc(entries, e, w->noc))
		return false;
	if (w->host != NULL &&
	    (entries->programme == NULL ||
	     !same(programme_noc_of_venue(entries->programme, select_venue(e)), w->host)))
		return false;
	if (w->venue != NULL && !same(select_venue(e), w->venue))
		return false;
	if (w->squad != NULL && !select_has_squad(e, w->squad))
		return false;
	if (w->discipline != NULL && (c == NULL || !same(c->discipline, w->discipline)))
		return false;
	if (w->kind != NULL && (c == NULL || !same(c->kind, w->kind)))
		return false;
	return w->level == 0 || (c != NULL && c->level == w->level);
}

static int read_wanted(struct cli *cli, struct wanted *ret)
{
	Convene__V1__List list = CONVENE__V1__LIST__INIT;
	int code = filter_read(cli, &list);

	if (code != EXIT_OK)
		return code;
	*ret = (struct wanted){
		.federation = list.federation,
		.discipline = list.discipline,
		.host = list.host,
		.venue = list.venue,
		.noc = cli->args.value[OPT_NOC],
		.squad = cli->args.value[OPT_SQUAD],
		.kind = cli->args.value[OPT_KIND],
		.states = list.states,
		.n_states = list.n_states,
		.days = list.days,
	};
	if (args_number(&cli->args, OPT_LEVEL, 1, 5, 0, &ret->level) != CVN_OK)
		return cli_fail(cli, EXIT_USAGE, "%s", cli->args.fault);
	return EXIT_OK;
}

int select_entries(struct cli *cli, struct entries *entries)
{
	struct wanted wanted;
	int code = read_wanted(cli, &wanted);
	size_t n = 0;

	if (code != EXIT_OK)
		return code;
	for (size_t i = 0; i < entries->n; i++)
		if (passes(entries, &entries->all[i], &wanted))
			entries->all[n++] = entries->all[i];
	entries->n = n;
	return EXIT_OK;
}
