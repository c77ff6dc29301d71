/* decide_committee.c - what committees decide, each for itself: approve, decline, ask for a revision,
 * postpone, cancel, reschedule. */
#include "domain/code.h"
#include "domain/consent.h"
#include "domain/day.h"
#include "flow/change.h"
#include "flow/decide_private.h"
#include "flow/follows.h"

/* One committee's verdict on one request. */
struct word {
	const struct desk_case *c;
	const char *noc, *reason;
	struct ruling *r;
};

/* So many days from now, but the day before it begins at the latest: a place that is kept longer is
 * of use to nobody. */
static const char *last_day_to_amend(const struct desk_case *c, int64_t days)
{
	const Convene__V1__Placement *at = c->record->standing->placement;
	int32_t last = c->today + (int32_t)(days > 3660 ? 3660 : days), first;
	char text[DAY_TEXT_SIZE];

	if (at != NULL && day_parse(at->first_day, &first) && last >= first)
		last = first - 1 > c->today ? first - 1 : c->today;
	day_format(last, text);
	return arena_strdup(c->arena, text);
}

/* Is its word needed for what stands? */
static bool is_needed(const struct desk_case *c, const char *noc)
{
	const Convene__V1__Standing *s = c->record->standing;

	for (size_t i = 0; i < s->n_consent_needed; i++)
		if (decide_same(s->consent_needed[i], noc))
			return true;
	return false;
}

static const char *host_of(const struct desk_case *c)
{
	const Convene__V1__Placement *at = c->record->standing->placement;

	return at != NULL ? programme_noc_of_venue(c->programme, at->venue) : NULL;
}

/* Consents without that of `noc`, and with room for one more. */
static bool copy_consents(const struct desk_case *c, Convene__V1__Standing *s, const char *noc)
{
	Convene__V1__Consent **list = arena_array(c->arena, s->n_consents + 1, sizeof *list);
	size_t n = 0;

	if (list == NULL)
		return false;
	for (size_t i = 0; i < s->n_consents; i++)
		if (!decide_same(s->consents[i]->noc, noc))
			list[n++] = s->consents[i];
	s->consents = list;
	s->n_consents = n;
	return true;
}

/* The host was asked whether so few people will do: they will. */
static enum cvn_err keep(const struct word *w)
{
	Convene__V1__Standing *s = decide_begin(w->c, "approve", w->noc, w->reason);

	if (s == NULL)
		return CVN_ENOMEM;
	s->has_people_kept = 1;
	s->people_kept = follows_people(s);
	w->r->standing = s;
	return CVN_OK;
}

static enum cvn_err approve(const struct word *w)
{
	const struct desk_case *c = w->c;
	const Convene__V1__Standing *before = c->record->standing;
	Convene__V1__Standing *s;
	Convene__V1__Consent *consent;

	if (before->state == STATE_CONFIRMED && before->host_asked && decide_same(host_of(c), w->noc))
		return keep(w);
	if (consent_is_given(before, w->noc) &&
	    (before->state == STATE_CONFIRMED || before->state == STATE_PROPOSED)) {
		w->r->is_nothing = true;
		return CVN_OK;
	}
	if (!lifecycle_can(before->state, CAUSE_CONSENT))
		return decide_illegal(c, w->r);
	if (decide_is_over(c))
		return decide_no(w->r, CVN_ESTATE,
				 "its days are over: nobody can agree to them now");
	for (size_t i = 0; i < before->n_consents; i++)
		if (decide_same(before->consents[i]->key, c->key) &&
		    !decide_same(before->consents[i]->noc, w->noc))
			return decide_no(w->r, CVN_EFORBIDDEN,
					 "nobody gives the word of two committees");
	s = decide_begin(c, "approve", w->noc, w->reason);
	consent = arena_alloc(c->arena, sizeof *consent);
	if (s == NULL || consent == NULL || !copy_consents(c, s, w->noc))
		return CVN_ENOMEM;
	convene__v1__consent__init(consent);
	consent->noc = (char *)(uintptr_t)w->noc;
	consent->by = (char *)(uintptr_t)c->name;
	consent->key = (char *)(uintptr_t)c->key;
	consent->has_unix_ms = 1;
	consent->unix_ms = c->unix_ms;
	s->consents[s->n_consents++] = consent;
	/* a place from the waitlist is its federation's only when it has accepted it */
	if (consent_is_complete(s) && s->accept_by == NULL)
		decide_set_state(s, STATE_CONFIRMED);
	w->r->standing = s;
	return CVN_OK;
}

/* Declined, postponed, cancelled: its place is freed. */
static enum cvn_err give_up(const struct word *w, const char *what, Convene__V1__State to)
{
	w->r->standing = decide_begin(w->c, what, w->noc, w->reason);
	if (w->r->standing == NULL)
		return CVN_ENOMEM;
	decide_drop_outcome(w->r->standing);
	change_drop_place(w->r->standing);
	decide_set_state(w->r->standing, to);
	w->r->bump = lifecycle_has_place(w->c->record->standing);
	return CVN_OK;
}

static enum cvn_err cancel(const struct word *w)
{
	const Convene__V1__Standing *before = w->c->record->standing;
	int64_t days = programme_policy(w->c->programme)->late_cancel_days;
	enum cvn_err err = give_up(w, "cancel", STATE_CANCELLED);
	int32_t day;

	if (err == CVN_OK && days >= 0 && before->placement != NULL &&
	    day_parse(before->placement->first_day, &day) && day - w->c->today < days) {
		w->r->standing->has_late = 1;
		w->r->standing->late = 1;
	}
	return err;
}

/* Its place is kept until the deadline; the word that asks is taken back. */
static enum cvn_err revise(const struct word *w)
{
	const struct desk_case *c = w->c;
	Convene__V1__Standing *s = decide_begin(c, "revise", w->noc, w->reason);

	if (s == NULL || !copy_consents(c, s, w->noc))
		return CVN_ENOMEM;
	decide_set_state(s, STATE_REVISION_REQUIRED);
	s->amend_by = (char *)(uintptr_t)last_day_to_amend(
		c, programme_policy(c->programme)->revision_days);
	w->r->standing = s;
	return s->amend_by != NULL ? CVN_OK : CVN_ENOMEM;
}

/* What each verdict asks of the state, and makes of it. */
static const struct {
	enum cause cause;
	Convene__V1__State to;
} VERDICTS[VERDICT_N] = {
	[VERDICT_APPROVE] = { CAUSE_CONSENT, STATE_CONFIRMED },
	[VERDICT_DECLINE] = { CAUSE_DECLINE, STATE_DECLINED },
	[VERDICT_REVISE] = { CAUSE_REVISE, STATE_REVISION_REQUIRED },
	[VERDICT_POSTPONE] = { CAUSE_POSTPONE, STATE_POSTPONED },
	[VERDICT_CANCEL] = { CAUSE_CANCEL, STATE_CANCELLED },
};

static enum cvn_err give_word(const struct word *w, int verdict)
{
	const struct desk_case *c = w->c;

	/* an approval may have been given, and the host may be asked again: approve() looks */
	if (verdict != VERDICT_APPROVE &&
	    !lifecycle_can(c->record->standing->state, VERDICTS[verdict].cause))
		return decide_illegal(c, w->r);
	if (c->record->standing->n_consent_needed == 0)
		return decide_illegal(c, w->r);
	if (!is_needed(c, w->noc))
		return decide_no(w->r, CVN_EFORBIDDEN, "the word of this committee is not needed");
	switch (verdict) {
	case VERDICT_APPROVE:
		return approve(w);
	case VERDICT_CANCEL:
		return cancel(w);
	case VERDICT_REVISE:
		return revise(w);
	default:
		return give_up(w, code_verdict_name(verdict), VERDICTS[verdict].to);
	}
}

enum cvn_err decide_verdict(const struct desk_case *c, const Convene__V1__Decide *call,
			    struct ruling *r)
{
	enum cvn_err err = decide_look(c, false, call->has_revision, call->revision, r);
	int verdict = code_verdict(call->verdict);
	struct word w = { .c = c, .reason = call->reason, .r = r };

	if (err != CVN_OK)
		return err;
	if (verdict < 0)
		return decide_wrong(r, "verdict", "VERDICT_UNKNOWN",
				    "approve, decline, revise, postpone or cancel");
	if (verdict != VERDICT_APPROVE && !decide_has_reason(call->reason))
		return decide_wrong(r, "reason", "REASON_EMPTY", "whoever does not approve says why");
	err = decide_speaks(c, call->noc, r, &w.noc);
	if (err != CVN_OK)
		return err;
	if (verdict != VERDICT_APPROVE &&
	    decide_is_repeated(c, VERDICTS[verdict].to, code_verdict_name(verdict), w.noc,
			       call->reason)) {
		r->is_nothing = true;
		return CVN_OK;
	}
	return give_word(&w, verdict);
}

/* Whose venue it is, and that of the place it shall go to; and are these days that can be? */
static enum cvn_err check_place(const struct desk_case *c, const Convene__V1__Reschedule *call,
				const char *host, struct ruling *r)
{
	int32_t was, to;

	if (programme_venue(c->programme, call->venue) == NULL)
		return decide_wrong(r, "venue", "VENUE_UNKNOWN", "there is no such venue");
	if (!decide_same(programme_noc_of_venue(c->programme, call->venue), host))
		return decide_wrong(r, "venue", "VENUE_OF_ANOTHER_HOST",
				    "a committee moves an event between its own venues");
	if (!day_parse(call->first_day, &to))
		return decide_wrong(r, "first_day", "DATE_INVALID",
				    "a day is written as 2022-01-31");
	if (!day_parse(c->record->standing->placement->first_day, &was) || was <= c->today)
		return decide_no(r, CVN_ESTATE, "the event has begun");
	if (to <= c->today)
		return decide_wrong(r, "first_day", "DATE_PAST", "the first day is still to come");
	return decide_check_notice(c, was < to ? was : to, r);
}

enum cvn_err decide_reschedule(const struct desk_case *c, const Convene__V1__Reschedule *call,
			       struct ruling *r)
{
	const Convene__V1__Standing *s = c->record->standing;
	enum cvn_err err = decide_look(c, false, call->has_revision, call->revision, r);
	const char *noc = NULL, *host = host_of(c);

	if (err == CVN_OK && !decide_has_reason(call->reason))
		err = decide_wrong(r, "reason", "REASON_EMPTY", "whoever moves an event says why");
	if (err == CVN_OK)
		err = decide_speaks(c, call->noc, r, &noc);
	if (err != CVN_OK)
		return err;
	if (s->placement != NULL && s->was != NULL &&
	    decide_is_repeated(c, s->state, "reschedule", noc, call->reason) &&
	    decide_same(s->placement->venue, call->venue) &&
	    decide_same(s->placement->first_day, call->first_day)) {
		r->is_nothing = true;
		return CVN_OK;
	}
	if (!lifecycle_can(s->state, CAUSE_RESCHEDULE) || s->placement == NULL)
		return decide_illegal(c, r);
	if (!decide_same(noc, host))
		return decide_no(r, CVN_EFORBIDDEN, "only the committee of its host may move it");
	err = check_place(c, call, host, r);
	if (err != CVN_OK)
		return err;
	r->standing = decide_begin(c, "reschedule", noc, call->reason);
	return r->standing != NULL ? CVN_OK : CVN_ENOMEM;
}

enum cvn_err decide_preview(const struct desk_case *c, const Convene__V1__PreviewCall *call,
			    struct ruling *r)
{
	enum cvn_err err = decide_look(c, false, call->has_revision, call->revision, r);

	if (err == CVN_OK && !lifecycle_has_place(c->record->standing))
		err = decide_no(r, CVN_ESTATE, "it has no place, so that nobody loses by it");
	return err;
}
