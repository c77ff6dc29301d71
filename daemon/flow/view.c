#include "flow/view.h"

#include <string.h>

#include "domain/day.h"
#include "domain/lifecycle.h"
#include "domain/programme.h"
#include "ports/page.h"

static bool is_own(const struct view *view, const struct replica_record *record)
{
	return record->content->federation != NULL &&
	       strcmp(record->content->federation, view->subject) == 0;
}

bool view_is_whole(const struct view *view, const struct replica_record *record)
{
	return view->role != ROLE_FEDERATION || is_own(view, record);
}

int32_t view_days_after_first(const Convene__V1__Request *content)
{
	if (content->duration < 1)
		return 0;
	return content->duration <= PROGRAMME_DAYS_MAX ? (int32_t)(content->duration - 1) :
							 PROGRAMME_DAYS_MAX;
}

/* "training_camp at cn-beijing-hall, 2022-01-10 to 2022-01-19" */
static char *in_words(const struct replica_record *record, struct arena *arena)
{
	const Convene__V1__Placement *at = record->standing->placement;
	const char *kind = record->content->kind != NULL ? record->content->kind : "event";
	char last[DAY_TEXT_SIZE] = "";
	int32_t day;

	if (at == NULL)
		return arena_printf(arena, "%s without a place", kind);
	if (day_parse(at->first_day, &day))
		day_format(day + view_days_after_first(record->content), last);
	return arena_printf(arena, "%s at %s, %s to %s", kind, at->venue != NULL ? at->venue : "",
			    at->first_day != NULL ? at->first_day : "", last);
}

/* Ids of others that are not confirmed give way to words. */
static Convene__V1__Reason *own_reason(const struct view *view, const Convene__V1__Reason *reason,
				       struct arena *arena)
{
	Convene__V1__Reason *seen = arena_memdup(arena, reason, sizeof *reason);
	char **with = arena_array(arena, reason->n_with + 1, sizeof *with);
	const char *others = NULL;
	size_t n = 0;

	if (seen == NULL || with == NULL)
		return NULL;
	for (size_t i = 0; i < reason->n_with; i++) {
		const struct replica_record *record = replica_find(view->replica, reason->with[i]);
		const char *words;

		if (record == NULL)
			continue;
		if (is_own(view, record) || record->standing->state == STATE_CONFIRMED) {
			with[n++] = reason->with[i];
			continue;
		}
		words = in_words(record, arena);
		if (words != NULL)
			others = others == NULL ? words :
						  arena_printf(arena, "%s; %s", others, words);
	}
	seen->with = with;
	seen->n_with = n;
	if (others != NULL)
		seen->text = arena_printf(arena, "%s (in the way: %s)",
					  reason->text != NULL ? reason->text : "", others);
	return seen;
}

Convene__V1__Standing *view_own_standing(const struct view *view,
					 const Convene__V1__Standing *standing, struct arena *arena)
{
	Convene__V1__Standing *seen = arena_memdup(arena, standing, sizeof *standing);

	if (seen == NULL || view->role != ROLE_FEDERATION || standing->n_reasons == 0)
		return seen;
	seen->reasons = arena_array(arena, standing->n_reasons, sizeof *seen->reasons);
	for (size_t i = 0; seen->reasons != NULL && i < standing->n_reasons; i++) {
		seen->reasons[i] = own_reason(view, standing->reasons[i], arena);
		if (seen->reasons[i] == NULL)
			return NULL;
	}
	return seen->reasons != NULL ? seen : NULL;
}

static bool is_invited(const struct view *view, const Convene__V1__Invitation *invitation)
{
	return invitation->federation != NULL &&
	       strcmp(invitation->federation, view->subject) == 0;
}

/* Does it stand in the confirmed calendar, or did it, and is off? */
static bool is_public(const Convene__V1__Standing *s)
{
	switch (s->state) {
	case STATE_CONFIRMED:
	case STATE_HELD:
		return true;
	case STATE_POSTPONED:
	case STATE_CANCELLED:
	case STATE_WITHDRAWN:
	case STATE_DECLINED:
		return s->was != NULL;
	default:
		return false;
	}
}

bool view_is_seen(const struct view *view, const struct replica_record *record)
{
	const Convene__V1__Standing *s = record->standing;

	if (view_is_whole(view, record) || is_public(s))
		return true;
	for (size_t i = 0; i < s->n_invitations; i++)
		if (is_invited(view, s->invitations[i]))
			return true;
	return false;
}

/* Of a squad that is invited its federation sees where the event is, was, and its own answer; and
 * why it is off. */
static bool add_invitations(const struct view *view, const Convene__V1__Standing *from,
			    Convene__V1__Standing *to, struct arena *arena)
{
	to->invitations = arena_array(arena, from->n_invitations + 1, sizeof *to->invitations);
	for (size_t i = 0; to->invitations != NULL && i < from->n_invitations; i++)
		if (is_invited(view, from->invitations[i]))
			to->invitations[to->n_invitations++] = from->invitations[i];
	if (to->n_invitations > 0 || is_public(from))
		to->was = from->was;
	if (to->n_invitations > 0 && from->placement == NULL && is_public(from))
		to->decision = from->decision;
	return to->invitations != NULL;
}

/* One line of the confirmed calendar. */
static Convene__V1__Record *of_another(const struct view *view, const struct replica_record *record,
				       struct arena *arena)
{
	Convene__V1__Record *m = page_record(record, arena);
	Convene__V1__Request *content = arena_alloc(arena, sizeof *content);
	Convene__V1__Standing *standing = arena_alloc(arena, sizeof *standing);

	if (m == NULL || content == NULL || standing == NULL)
		return NULL;
	convene__v1__request__init(content);
	content->id = (char *)(uintptr_t)record->id;
	content->title = record->content->title;
	content->n_title = record->content->n_title;
	content->kind = record->content->kind;
	content->discipline = record->content->discipline;
	content->has_duration = record->content->has_duration;
	content->duration = record->content->duration;
	convene__v1__standing__init(standing);
	standing->has_state = 1;
	standing->state = record->standing->state;
	standing->placement = record->standing->placement;
	standing->has_sequence = record->standing->has_sequence;
	standing->sequence = record->standing->sequence;
	standing->has_changed_unix_ms = record->standing->has_changed_unix_ms;
	standing->changed_unix_ms = record->standing->changed_unix_ms;
	if (!add_invitations(view, record->standing, standing, arena))
		return NULL;
	if (standing->n_invitations > 0) { /* whose it is, and what its squads are offered there */
		content->federation = record->content->federation;
		content->has_level = record->content->has_level;
		content->level = record->content->level;
		content->services = record->content->services;
		content->n_services = record->content->n_services;
	}
	m->content = content;
	m->standing = standing;
	return m;
}

Convene__V1__Record *view_record(const struct view *view, const struct replica_record *record,
				 struct arena *arena)
{
	Convene__V1__Record *m = NULL;

	if (view_is_whole(view, record)) {
		m = page_record(record, arena);
		if (m != NULL)
			m->standing = view_own_standing(view, record->standing, arena);
		if (m != NULL && m->standing == NULL)
			m = NULL;
	} else if (view_is_seen(view, record)) {
		m = of_another(view, record, arena);
	}
	if (m != NULL && view->without_content)
		m->content = NULL;
	return m;
}
