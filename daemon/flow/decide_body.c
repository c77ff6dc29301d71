/* decide_body.c - what the working body and the operator decide; and what an invited federation
 * answers. */
#include "flow/change.h"
#include "flow/decide_private.h"

#define ALLOWANCES_MAX 64

static enum cvn_err reject(const struct desk_case *c, const Convene__V1__Release *call,
			   struct ruling *r)
{
	Convene__V1__Violation *v = arena_alloc(c->arena, sizeof *v);
	Convene__V1__Violation **list = arena_array(c->arena, 1, sizeof *list);

	if (!decide_has_reason(call->reason))
		return decide_wrong(r, "reason", "REASON_EMPTY", "whoever rejects says why");
	if (v == NULL || list == NULL)
		return CVN_ENOMEM;
	convene__v1__violation__init(v);
	v->field = (char *)(uintptr_t)"";
	v->code = (char *)(uintptr_t)"REJECTED_BY_OPERATOR";
	v->text = call->reason;
	list[0] = v;
	r->standing->violations = list;
	r->standing->n_violations = 1;
	r->bump = lifecycle_has_place(r->standing);
	change_drop_place(r->standing);
	decide_set_state(r->standing, STATE_REJECTED);
	return CVN_OK;
}

enum cvn_err decide_release(const struct desk_case *c, const Convene__V1__Release *call,
			    struct ruling *r)
{
	enum cvn_err err = decide_look(c, false, false, 0, r);

	if (err != CVN_OK)
		return err;
	if (!lifecycle_can(c->record->standing->state, CAUSE_RELEASE))
		return decide_illegal(c, r);
	r->standing = decide_begin(c, call->reject ? "reject" : "release", NULL, call->reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	decide_drop_outcome(r->standing);
	if (call->reject)
		return reject(c, call, r);
	decide_set_state(r->standing, STATE_RECEIVED);
	return CVN_OK;
}

static bool is_policy(const char *code)
{
	static const char *const CODES[] = { "FILED_TOO_LATE", "CAMP_TOO_LONG", "FROZEN",
					     "NOTICE_TOO_SHORT" };

	for (size_t i = 0; i < N_ELEMENTS(CODES); i++)
		if (decide_same(CODES[i], code))
			return true;
	return false;
}

/* A request may break one rule in several windows: whoever lets pass what was found names it as
 * often, and it is kept once. */
static bool is_named_before(const Convene__V1__Allow *call, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (decide_same(call->codes[k], call->codes[i]))
			return true;
	return false;
}

static bool add_allowances(const struct desk_case *c, const Convene__V1__Allow *call,
			   Convene__V1__Standing *s)
{
	Convene__V1__Allowance **list =
		arena_array(c->arena, s->n_allowances + call->n_codes, sizeof *list);
	Convene__V1__Allowance *new = arena_array(c->arena, call->n_codes, sizeof *new);

	if (list == NULL || new == NULL)
		return false;
	for (size_t i = 0; i < s->n_allowances; i++)
		list[i] = s->allowances[i];
	for (size_t i = 0; i < call->n_codes; i++) {
		Convene__V1__Allowance *a = &new[i];

		if (decide_is_allowed(c, call->codes[i]) || is_named_before(call, i))
			continue;
		convene__v1__allowance__init(a);
		a->code = call->codes[i];
		a->has_revision = a->has_unix_ms = 1;
		a->revision = c->record->revision;
		a->unix_ms = c->unix_ms;
		a->reason = call->reason;
		a->by = (char *)(uintptr_t)c->name;
		a->role = (char *)(uintptr_t)role_name(c->role);
		list[s->n_allowances++] = a;
	}
	s->allowances = list;
	return true;
}

enum cvn_err decide_allow(const struct desk_case *c, const Convene__V1__Allow *call,
			  struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;
	enum cvn_err err = decide_look(c, false, call->has_revision, call->revision, r);
	size_t n_new = 0;

	if (err != CVN_OK)
		return err;
	if (call->n_codes == 0)
		return decide_wrong(r, "codes", "CODE_NOT_POLICY", "it must be said what is let pass");
	for (size_t i = 0; i < call->n_codes; i++) {
		if (!is_policy(call->codes[i]))
			return decide_wrong(r, arena_printf(c->arena, "codes[%zu]", i),
					    "CODE_NOT_POLICY",
					    "only what the policy asks can be let pass: "
					    "FILED_TOO_LATE, CAMP_TOO_LONG, FROZEN, "
					    "NOTICE_TOO_SHORT");
		n_new += !decide_is_allowed(c, call->codes[i]) && !is_named_before(call, i);
	}
	if (!decide_has_reason(call->reason))
		return decide_wrong(r, "reason", "REASON_EMPTY", "whoever allows it says why");
	if (!lifecycle_is_open(before->state) && !lifecycle_can(before->state, CAUSE_ALLOW))
		return decide_illegal(c, r);
	r->is_nothing = n_new == 0;
	if (n_new == 0)
		return CVN_OK;
	if (before->n_allowances + n_new > ALLOWANCES_MAX)
		return decide_no(r, CVN_ETOOLARGE, "too much has been let pass already");
	r->standing = decide_begin(c, "allow", NULL, call->reason);
	if (r->standing == NULL || !add_allowances(c, call, r->standing))
		return CVN_ENOMEM;
	if (lifecycle_can(before->state, CAUSE_ALLOW)) {
		decide_drop_outcome(r->standing);
		decide_set_state(r->standing, STATE_RECEIVED);
		r->content = c->record->content; /* its links count again */
	}
	return CVN_OK;
}

enum cvn_err decide_value(const struct desk_case *c, const Convene__V1__Value *call,
			  struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;
	enum cvn_err err = decide_look(c, false, false, 0, r);

	if (err != CVN_OK)
		return err;
	if (!call->has_value || call->value < 1 || call->value > 100)
		return decide_wrong(r, "value", "VALUE_OUT_OF_RANGE", "a value is 1 to 100");
	if (!lifecycle_is_open(before->state))
		return decide_illegal(c, r);
	r->is_nothing = before->has_value && before->value == call->value;
	if (r->is_nothing)
		return CVN_OK;
	r->standing = decide_begin(c, "value", NULL, call->reason);
	if (r->standing == NULL)
		return CVN_ENOMEM;
	r->standing->has_value = 1;
	r->standing->value = call->value;
	r->bump = true; /* what is worth a place changes: the scheduler looks again */
	return CVN_OK;
}

/* What an answer makes of an invitation. */
static enum cvn_err look_at_answer(const Convene__V1__Respond *call,
				   const Convene__V1__Invitation *invited,
				   Convene__V1__Invitation *ret, struct ruling *r)
{
	int64_t people;

	*ret = *invited;
	if (decide_same(call->answer, "accept")) {
		ret->state = (char *)(uintptr_t)"accepted";
		people = invited->invited;
	} else if (decide_same(call->answer, "decline")) {
		ret->state = (char *)(uintptr_t)"declined";
		people = 0;
	} else if (decide_same(call->answer, "fewer")) {
		ret->state = (char *)(uintptr_t)"fewer";
		people = call->has_people ? call->people : 0;
		if (people < 1 || people >= invited->invited)
			return decide_wrong(r, "people", "PEOPLE_OUT_OF_RANGE",
					    "fewer than are invited, and one at least");
	} else {
		return decide_wrong(r, "answer", "ANSWER_UNKNOWN", "accept, decline or fewer");
	}
	if (call->has_people && call->people != people)
		return decide_wrong(r, "people", "PEOPLE_OUT_OF_RANGE",
				    "all of them, or none: else the answer is fewer");
	ret->has_people = 1;
	ret->people = people;
	return CVN_OK;
}

enum cvn_err decide_respond(const struct desk_case *c, const Convene__V1__Respond *call,
			    struct ruling *r)
{
	const Convene__V1__Standing *before = c->record->standing;
	enum cvn_err err = decide_look(c, false, false, 0, r);
	Convene__V1__Invitation *answered = arena_alloc(c->arena, sizeof *answered), **list;
	size_t i = 0;

	if (err != CVN_OK)
		return err;
	while (i < before->n_invitations && !decide_same(before->invitations[i]->squad, call->squad))
		i++;
	if (i == before->n_invitations)
		return decide_wrong(r, "squad", "SQUAD_NOT_INVITED", "this squad is not invited");
	if (c->role == ROLE_FEDERATION &&
	    !decide_same(before->invitations[i]->federation, c->subject))
		return decide_no(r, CVN_EFORBIDDEN, "the squad is another federation's");
	if (before->state != STATE_CONFIRMED)
		return decide_illegal(c, r);
	list = arena_array(c->arena, before->n_invitations, sizeof *list);
	if (answered == NULL || list == NULL)
		return CVN_ENOMEM;
	err = look_at_answer(call, before->invitations[i], answered, r);
	if (err != CVN_OK)
		return err;
	r->is_nothing = decide_same(answered->state, before->invitations[i]->state) &&
			answered->people == before->invitations[i]->people;
	if (r->is_nothing)
		return CVN_OK;
	answered->by = (char *)(uintptr_t)c->name;
	answered->has_unix_ms = 1;
	answered->unix_ms = c->unix_ms;
	for (size_t k = 0; k < before->n_invitations; k++)
		list[k] = k == i ? answered : before->invitations[k];
	r->standing = decide_begin(c, "respond", NULL,
				   arena_printf(c->arena, "%s: %s", call->squad, answered->state));
	if (r->standing == NULL)
		return CVN_ENOMEM;
	r->standing->invitations = list;
	return CVN_OK;
}
