/* The online scheduler against a rig that plays convened: what it answers, on which version, and
 * what it does when an answer fails. Each test has a programme of its own: two halls in two
 * countries, and requests as it needs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "online_rig.h"

static const char DATA[] =
	"{\"programme\":{\"id\":\"p\",\"name\":{\"en\":\"P\"},\"first_day\":\"2022-01-01\",\"last_"
	"day\":\"2022-06-30\","
	"\"parties\":[\"AAA\",\"BBB\"],\"policy\":{\"date_weight\":10,\"move_cost\":500,"
	"\"reciprocity_weight\":%d,"
	"\"rest_same_city\":0,\"rest_same_host\":0,\"rest_between_hosts\":0}},"
	"\"cities\":[{\"id\":\"ca\",\"noc\":\"AAA\",\"beds\":1000},{\"id\":\"cb\",\"noc\":\"BBB\","
	"\"beds\":1000}],"
	"\"venues\":[{\"id\":\"va\",\"city\":\"ca\",\"disciplines\":[\"ATH\"],\"facilities\":[],"
	"\"units\":1,\"level\":5},"
	"{\"id\":\"vb\",\"city\":\"cb\",\"disciplines\":[\"ATH\"],\"facilities\":[],\"units\":1,"
	"\"level\":5}],"
	"\"services\":[],\"federations\":["
	"{\"id\":\"fa\",\"noc\":\"AAA\",\"disciplines\":[\"ATH\"],\"max_events\":500},"
	"{\"id\":\"fb\",\"noc\":\"BBB\",\"disciplines\":[\"ATH\"],\"max_events\":2}],"
	"\"squads\":[{\"id\":\"sa\",\"federation\":\"fa\",\"size\":10},{\"id\":\"sb\","
	"\"federation\":\"fb\",\"size\":10}],"
	"\"protected\":[],\"requests\":[%s]}";

/* A request of fa at va, five days from the given one of January on, in a window of exactly these
 * days. */
#define REQUEST(id, day, value, more) \
	"{\"id\":\"" id "\",\"federation\":\"fa\",\"kind\":\"competition\",\"discipline\":" \
	"\"ATH\",\"level\":1,\"duration\":5," \
	"\"windows\":[[\"2022-01-" day \
	"\",\"2022-01-25\"]],\"preferred_first_day\":\"2022-01-" day "\",\"hosts\":[\"AAA\"]," \
	"\"units\":1,\"headcount\":20,\"squads\":[],\"value\":" value more "}"
#define TIGHT(id, value, more) REQUEST(id, "21", value, more)

struct scene {
	struct programme_file file;
	struct rig rig;
	char *json;
};

static void scene_open(struct scene *s, int reciprocity_weight, const char *requests)
{
	assert_true(asprintf(&s->json, DATA, reciprocity_weight, requests) > 0);
	programme_file_init(&s->file);
	assert_int_equal(programme_file_read(&s->file, s->json, strlen(s->json)), CVN_OK);
	rig_open(&s->rig, &s->file);
}

static void scene_close(struct scene *s)
{
	rig_close(&s->rig);
	programme_file_done(&s->file);
	free(s->json);
}

static void submit(struct scene *s, size_t i)
{
	rig_submit(&s->rig, i, s->file.requests[i]);
}

static void submit_all(struct scene *s)
{
	for (size_t i = 0; i < s->file.n_requests; i++)
		submit(s, i);
	rig_settle(&s->rig);
}

/* All that it needs approve it. */
static void confirm(struct scene *s, size_t i)
{
	struct rig_row *row = &s->rig.rows[i];
	Convene__V1__Standing with = *row->standing;
	Convene__V1__Consent consents[8], *list[8];

	for (size_t k = 0; k < with.n_consent_needed; k++) {
		consents[k] = (Convene__V1__Consent)CONVENE__V1__CONSENT__INIT;
		consents[k].noc = with.consent_needed[k];
		list[k] = &consents[k];
	}
	with.consents = list;
	with.n_consents = with.n_consent_needed;
	row->standing = &with;
	rig_set_state(&s->rig, i, STATE_CONFIRMED, NULL); /* copies it */
	rig_settle(&s->rig);
}

static void a_request_goes_where_it_wishes(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", ""));
	submit_all(&s);

	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	assert_string_equal(rig_venue(&s.rig, 0), "va");
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-01-21");
	const Convene__V1__Standing *standing = s.rig.rows[0].standing;
	assert_int_equal(standing->n_consent_needed, 1);
	assert_string_equal(standing->consent_needed[0], "AAA");
	assert_null(standing->accept_by);
	assert_int_equal(s.rig.version, 8);
	scene_close(&s);
}

static void alternatives_say_what_they_cost(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, REQUEST("r1", "02", "50", ""));
	submit_all(&s);

	const Convene__V1__Standing *standing = s.rig.rows[0].standing;
	assert_string_equal(standing->placement->first_day, "2022-01-02");
	assert_in_range(standing->n_alternatives, 1, 3);
	assert_string_equal(standing->alternatives[0]->first_day, "2022-01-09");
	assert_int_equal(standing->alternatives[0]->cost, 70);
	scene_close(&s);
}

static void one_without_a_place_hears_who_stands_there_and_what_would_do(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", "") "," TIGHT("r2", "60", ""));
	submit_all(&s);

	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r1"));
	const Convene__V1__Standing *standing = s.rig.rows[1].standing;
	assert_in_range(standing->n_alternatives, 1, 3);
	assert_true(standing->alternatives[0]->outside_windows);
	assert_int_equal(standing->alternatives[0]->cost, 50);
	assert_true(standing->waiting_since > 0);
	assert_int_equal(s.rig.version, 8); /* waiting raises nothing */
	scene_close(&s);
}

static void room_goes_to_the_best_value_with_a_day_to_accept(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   TIGHT("r1", "90", "") "," TIGHT("r2", "50", "") "," TIGHT("r3", "60", ""));
	submit_all(&s);
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL);
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 2), STATE_PROPOSED);
	assert_string_equal(s.rig.rows[2].standing->accept_by, "2021-12-08");
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r3")); /* told anew: r1 is gone */
	assert_false(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r1"));
	scene_close(&s);
}

/* Whoever has longer to accept than the event is away has until the day before it. */
static void a_place_is_to_be_accepted_before_it_begins(void **state)
{
	struct scene s;
	Convene__V1__Entity e = CONVENE__V1__ENTITY__INIT;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "90", "") "," TIGHT("r2", "50", ""));
	e.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
	e.programme = s.file.programme;
	e.programme->policy->has_accept_days = 1;
	e.programme->policy->accept_days = 90;
	rig_put(&s.rig, &e);
	submit_all(&s);
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL);
	rig_settle(&s.rig);

	assert_string_equal(s.rig.rows[1].standing->placement->first_day, "2022-01-21");
	assert_string_equal(s.rig.rows[1].standing->accept_by, "2022-01-20");
	scene_close(&s);
}

static void the_working_bodys_value_goes_before_the_wish(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   TIGHT("r1", "90", "") "," TIGHT("r2", "50", "") "," TIGHT("r3", "60", ""));
	submit_all(&s);
	s.rig.rows[1].standing->has_value = true;
	s.rig.rows[1].standing->value = 80;
	rig_set_state(&s.rig, 1, STATE_WAITLISTED, NULL);
	rig_settle(&s.rig);
	rig_set_state(&s.rig, 0, STATE_DECLINED, NULL);
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_int_equal(s.rig.rows[1].standing->value, 80);
	assert_int_equal(rig_state(&s.rig, 2), STATE_WAITLISTED);
	scene_close(&s);
}

static void one_that_lets_its_place_lapse_waits_behind_the_others(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "90", "") "," TIGHT("r2", "50", ""));
	submit_all(&s);
	rig_set_state(&s.rig, 0, STATE_WAITLISTED, "ACCEPT_LAPSED");
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_int_equal(rig_state(&s.rig, 0), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 0, "ACCEPT_LAPSED", NULL));
	assert_true(rig_has_reason(&s.rig, 0, "VENUE_FULL", "r2"));

	rig_set_state(&s.rig, 1, STATE_WITHDRAWN, NULL);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	scene_close(&s);
}

#define FIXED ",\"announced\":{\"venue\":\"va\",\"first_day\":\"2022-01-21\",\"fixed\":true}"

static void a_fixed_event_displaces_what_is_proposed(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   TIGHT("r1", "90", "") "," TIGHT("r2", "10", FIXED) "," REQUEST("r3", "02", "20",
										  ""));
	submit(&s, 0);
	submit(&s, 2);
	rig_settle(&s.rig);
	submit(&s, 1);
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_string_equal(rig_first_day(&s.rig, 1), "2022-01-21");
	assert_int_equal(rig_state(&s.rig, 0), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 0, "DISPLACED", "r2"));
	assert_int_equal(rig_state(&s.rig, 2), STATE_PROPOSED);
	scene_close(&s);
}

static void the_displaced_is_tried_again_at_once(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r1", "20", "90",
			   "") "," TIGHT("r2", "10", FIXED) "," REQUEST("r3", "02", "20", ""));
	s.file.requests[0]->windows[0]->first = s.file.requests[2]->windows[0]->first;
	submit(&s, 0);
	rig_settle(&s.rig);
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-01-20");
	submit(&s, 1);
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-01-16");
	assert_non_null(s.rig.rows[0].standing->accept_by);
	scene_close(&s);
}

static void a_fixed_event_waits_for_what_is_confirmed(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "90", "") "," TIGHT("r2", "10", FIXED));
	submit(&s, 0);
	rig_settle(&s.rig);
	confirm(&s, 0);
	submit(&s, 1);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_CONFIRMED);
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r1"));

	rig_set_state(&s.rig, 0, STATE_CANCELLED, NULL);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	scene_close(&s);
}

static void an_announced_event_prefers_its_announced_place(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r1", "02", "50",
			   ",\"announced\":{\"venue\":\"va\",\"first_day\":\"2022-01-10\"}"));
	submit_all(&s);
	assert_string_equal(rig_first_day(&s.rig, 0),
			    "2022-01-10"); /* 80 points for the days against a move_cost of 500 */
	scene_close(&s);
}

static Convene__V1__Request *amended(struct scene *s, size_t i)
{
	Convene__V1__Request *r = arena_memdup(&s->rig.arena, s->rig.rows[i].content, sizeof(*r));

	return r;
}

static void consents_stay_where_days_venue_and_size_stay(void **state)
{
	struct scene s;
	char note[] = "lights at 9";

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", ""));
	submit_all(&s);
	confirm(&s, 0);
	Convene__V1__Request *r = amended(&s, 0);
	r->note = note;
	rig_submit(&s.rig, 0, r);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_CONFIRMED);
	assert_int_equal(s.rig.rows[0].standing->n_consents, 1);
	assert_int_equal(s.rig.rows[0].revision, 2);

	r = amended(&s, 0);
	r->headcount = 30;
	rig_submit(&s.rig, 0, r);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	assert_int_equal(s.rig.rows[0].standing->n_consents, 0);
	scene_close(&s);
}

static void an_amended_request_keeps_its_place_until_its_outcome(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", "") "," TIGHT("r2", "90", ""));
	submit_all(&s);
	Convene__V1__Request *r = amended(&s, 0);
	r->value = 40;
	rig_submit(&s.rig, 0, r);
	s.rig.rows[0].task = 0; /* its task does not come yet */
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_RECEIVED);
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-01-21");
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);

	rig_restart(&s.rig); /* hands the task out */
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	scene_close(&s);
}

static void a_free_place_can_be_taken(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, REQUEST("r1", "02", "50", ""));
	submit_all(&s);
	rig_take(&s.rig, 0, "va", "2022-01-15");
	rig_settle(&s.rig);
	assert_int_equal(s.rig.n_refused, 0);
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-01-15");
	assert_null(s.rig.rows[0].standing->accept_by);
	assert_int_equal(s.rig.rows[0].content->n_windows, 1);
	scene_close(&s);
}

static void a_place_outside_the_windows_widens_them(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", "") "," TIGHT("r2", "60", ""));
	submit_all(&s);
	rig_take(&s.rig, 1, "va", "2022-01-10");
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_string_equal(rig_first_day(&s.rig, 1), "2022-01-10");
	const Convene__V1__Request *r = s.rig.rows[1].content;
	assert_int_equal(r->n_windows, 2);
	assert_string_equal(r->windows[0]->first, "2022-01-10");
	assert_string_equal(r->windows[0]->last, "2022-01-14");
	assert_string_equal(r->windows[1]->first, "2022-01-21");

	rig_take(&s.rig, 1, "va", "2022-01-12");
	rig_settle(&s.rig);
	assert_int_equal(s.rig.rows[1].content->n_windows, 2);
	assert_string_equal(s.rig.rows[1].content->windows[0]->last, "2022-01-16");
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void a_place_that_is_not_free_is_refused_with_the_reasons(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", "") "," TIGHT("r2", "60", ""));
	submit_all(&s);
	rig_take(&s.rig, 1, "va", "2022-01-19");
	rig_settle(&s.rig);
	assert_string_equal(s.rig.refusal_code, "NO_PLACE");
	assert_non_null(strstr(s.rig.refusal, "VENUE_FULL"));
	rig_take(&s.rig, 1, "vb", "2022-01-21");
	rig_settle(&s.rig);
	assert_non_null(strstr(s.rig.refusal, "NO_ELIGIBLE_VENUE"));
	rig_take(&s.rig, 1, "nowhere", "2022-01-21");
	rig_settle(&s.rig);
	assert_int_equal(s.rig.n_refused, 3);
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	scene_close(&s);
}

static void a_task_whose_request_is_no_longer_so_is_refused(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", ""));
	submit(&s, 0);
	assert_true(rig_publish(&s.rig));
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL);
	assert_true(rig_deliver(&s.rig)); /* received */
	assert_true(rig_publish(&s.rig));
	struct rig_bytes *task = s.rig.channel;
	assert_non_null(task);
	assert_true(rig_deliver(&s.rig)); /* the task: answered on what it knows */
	rig_settle(&s.rig);
	assert_int_equal(s.rig.n_gone, 1);
	assert_int_equal(s.rig.n_refused, 1); /* … and once more when it knows */
	assert_string_equal(s.rig.refusal_code, "CONFLICT");
	assert_int_equal(rig_state(&s.rig, 0), STATE_WITHDRAWN);
	scene_close(&s);
}

static void answers_count_in_those_under_way(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r1", "02", "50", "") "," REQUEST("r2", "02", "50",
							     "") "," REQUEST("r3", "02", "50", ""));
	for (size_t i = 0; i < 3; i++)
		submit(&s, i);
	while (rig_publish(&s.rig))
		;
	while (rig_deliver(&s.rig))
		;
	rig_settle(&s.rig); /* three answers were under way before the first was committed */
	assert_int_equal(s.rig.n_ok, 3);
	assert_int_equal(s.rig.n_stale, 0);
	assert_int_equal(s.rig.version, 10);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void reasons_that_are_old_before_they_are_shown_are_told_anew(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   TIGHT("r1", "90", "") "," TIGHT("r2", "50", "") "," TIGHT("r3", "10", FIXED));
	submit(&s, 0);
	rig_settle(&s.rig);
	submit(&s, 1); /* waits because of r1, … */
	submit(&s, 2); /* … which has to go before that is committed */
	while (rig_publish(&s.rig))
		;
	while (rig_deliver(&s.rig))
		;
	online_idle(s.rig.online);
	rig_settle(&s.rig);

	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r3"));
	assert_false(rig_has_reason(&s.rig, 1, "VENUE_FULL", "r1"));
	scene_close(&s);
}

static void stale_answers_are_computed_again(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r0", "02", "50", "") "," REQUEST("r1", "02", "50", "") "," REQUEST(
			   "r2", "02", "50", "") "," REQUEST("r3", "02", "50", ""));
	submit(&s, 0);
	rig_settle(&s.rig);
	for (size_t i = 1; i < 4; i++)
		submit(&s, i);
	while (rig_publish(&s.rig))
		;
	while (rig_deliver(&s.rig))
		;
	assert_true(rig_commit(&s.rig)); /* r1 */
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN,
		      NULL); /* raises the version: the others were computed on another one */
	assert_true(rig_commit(&s.rig));
	assert_true(rig_commit(&s.rig)); /* its version matches, but not what it builds on */
	assert_int_equal(s.rig.n_stale, 2);
	rig_settle(&s.rig);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(rig_state(&s.rig, i), STATE_PROPOSED);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void what_builds_on_a_failed_answer_never_matches_by_chance(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r0", "02", "50", "") "," REQUEST("r1", "02", "50",
							     "") "," REQUEST("r2", "02", "50", ""));
	submit(&s, 0);
	rig_settle(&s.rig);
	submit(&s, 1);
	submit(&s, 2);
	while (rig_publish(&s.rig))
		;
	while (rig_deliver(&s.rig))
		;
	rig_set_state(&s.rig, 1, STATE_WITHDRAWN,
		      NULL); /* r1's answer will be gone, and raise nothing */
	assert_true(rig_commit(&s.rig));
	assert_int_equal(s.rig.n_gone, 1);
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL); /* raises the version in its stead */
	assert_true(rig_commit(&s.rig));
	assert_int_equal(s.rig.n_stale, 1);
	rig_settle(&s.rig);
	assert_string_equal(rig_first_day(&s.rig, 2), "2022-01-02");
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void no_more_than_so_many_answers_are_under_way(void **state)
{
	enum { N = ONLINE_UNDER_WAY_MAX + 50 };
	struct scene s;
	char *requests = NULL;
	size_t n;
	FILE *out = open_memstream(&requests, &n);

	(void)state;
	for (int i = 0; i < N; i++)
		fprintf(out,
			"%s{\"id\":\"q%d\",\"federation\":\"fa\",\"kind\":\"competition\","
			"\"discipline\":\"ATH\",\"level\":1,"
			"\"duration\":1,\"windows\":[[\"2022-01-01\",\"2022-06-30\"]],\"preferred_"
			"first_day\":\"2022-03-01\","
			"\"hosts\":[\"AAA\"],\"units\":1,\"headcount\":2,\"squads\":[],\"value\":"
			"50}",
			i > 0 ? "," : "", i);
	fclose(out);
	scene_open(&s, 0, requests);
	for (size_t i = 0; i < N; i++)
		submit(&s, i);
	while (rig_publish(&s.rig))
		;
	while (rig_deliver(&s.rig))
		;
	assert_int_equal(s.rig.last_sequence, ONLINE_UNDER_WAY_MAX);
	rig_settle(&s.rig);
	assert_int_equal(s.rig.n_ok, N);
	assert_int_equal(s.rig.n_stale, 0);
	rig_expect_sound(&s.rig);
	scene_close(&s);
	free(requests);
}

static void put_venue(struct scene *s, size_t i, const char *closed_first, const char *closed_last)
{
	Convene__V1__Entity e = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Venue *v = arena_memdup(&s->rig.arena, s->file.venues[i], sizeof(*v));
	Convene__V1__Period period = CONVENE__V1__PERIOD__INIT, *closed[1] = { &period };

	period.first = (char *)(uintptr_t)closed_first;
	period.last = (char *)(uintptr_t)closed_last;
	v->closed = closed;
	v->n_closed = closed_first != NULL ? 1 : 0;
	e.of_case = CONVENE__V1__ENTITY__OF_VENUE;
	e.venue = v;
	rig_put(&s->rig, &e);
	rig_settle(&s->rig);
}

static void changed_data_displace_the_proposed_and_flag_the_confirmed(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", "") "," REQUEST("r2", "02", "50", ""));
	submit_all(&s);
	confirm(&s, 0);
	put_venue(&s, 0, "2022-01-03", "2022-01-22");

	assert_int_equal(rig_state(&s.rig, 0), STATE_CONFIRMED);
	assert_true(s.rig.rows[0].standing->in_conflict);
	assert_true(rig_has_reason(&s.rig, 0, "VENUE_CLOSED", NULL));
	assert_int_equal(s.rig.rows[0].standing->n_consents, 1);
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "VENUE_CLOSED", NULL));

	put_venue(&s, 0, NULL, NULL);
	assert_false(s.rig.rows[0].standing->in_conflict);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void a_venue_that_is_retired_leaves_nobody_behind(void **state)
{
	struct scene s;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	Convene__V1__EntityChange change = CONVENE__V1__ENTITY_CHANGE__INIT;
	Convene__V1__Entity e = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Venue v = CONVENE__V1__VENUE__INIT;

	(void)state;
	scene_open(&s, 0, TIGHT("r1", "50", ""));
	s.file.requests[0]->n_hosts = 0;
	s.file.requests[0]->hosts = s.file.programme->parties;
	s.file.requests[0]->n_hosts = 2;
	submit_all(&s);
	bool at_va = strcmp(rig_venue(&s.rig, 0), "va") == 0;
	v.id = s.file.venues[at_va ? 0 : 1]->id;
	e.of_case = CONVENE__V1__ENTITY__OF_VENUE;
	e.venue = &v;
	change.entity = &e;
	change.has_retired = change.retired = true;
	update.of_case = CONVENE__V1__UPDATE__OF_ENTITY;
	update.entity = &change;
	update.has_cursor = update.has_version = true;
	update.cursor = ++s.rig.cursor;
	update.version = ++s.rig.version;
	s.rig.last_bump = 0;
	assert_int_equal(replica_update(s.rig.replica, &update), CVN_OK);
	online_fed(s.rig.online, "p");
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	assert_string_equal(rig_venue(&s.rig, 0), at_va ? "vb" : "va");
	scene_close(&s);
}

#define AFTER(id) ",\"after\":[{\"request\":\"" id "\",\"min_gap\":0,\"max_gap\":30}]"

static void what_follows_a_request_goes_and_comes_with_it(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 0, REQUEST("r1", "02", "50", "") "," TIGHT("r2", "60", AFTER("r1")));
	submit_all(&s);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	rig_set_state(&s.rig, 0, STATE_POSTPONED, NULL);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "AFTER_UNPLACED", "r1"));

	rig_submit(&s.rig, 0, s.rig.rows[0].content);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void a_request_moves_though_something_follows_it(void **state)
{
	struct scene s;
	char first[] = "2022-03-01", last[] = "2022-03-20";

	(void)state;
	scene_open(&s, 0, REQUEST("r1", "02", "50", "") "," TIGHT("r2", "60", AFTER("r1")));
	submit_all(&s);
	Convene__V1__Request *r = amended(&s, 0);
	Convene__V1__Period window = CONVENE__V1__PERIOD__INIT, *windows[1] = { &window };
	window.first = first;
	window.last = last;
	r->windows = windows;
	r->preferred_first_day = first;
	rig_submit(&s.rig, 0, r);
	rig_settle(&s.rig);
	assert_string_equal(rig_first_day(&s.rig, 0), "2022-03-01");
	assert_int_equal(rig_state(&s.rig, 1), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 1, "AFTER_GAP", "r1"));
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void one_not_worth_it_is_tried_again_when_the_balance_moves(void **state)
{
	struct scene s;

	(void)state;
	/* 2 parties: each athlete-day at one of them costs 2 points; 100 a day of r1, 100 of r2 */
	scene_open(&s, 300, TIGHT("r1", "50", "") "," REQUEST("r2", "02", "90", ""));
	submit(&s, 0);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 0), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 0, "NOT_WORTH_IT", NULL));
	assert_false(s.rig.rows[0].standing->alternatives[0]->outside_windows);

	s.file.requests[1]->hosts = &s.file.programme->parties[1];
	s.file.requests[1]->headcount = 10;
	submit(&s, 1);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_int_equal(rig_state(&s.rig, 0), STATE_PROPOSED);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

static void a_full_quota_waits_for_another_to_go(void **state)
{
	struct scene s;
	char fb[] = "fb";

	(void)state;
	scene_open(&s, 0,
		   REQUEST("r1", "02", "50", "") "," REQUEST("r2", "02", "50",
							     "") "," REQUEST("r3", "02", "50", ""));
	for (size_t i = 0; i < 3; i++)
		s.file.requests[i]->federation = fb;
	submit_all(&s);
	assert_int_equal(rig_state(&s.rig, 2), STATE_WAITLISTED);
	assert_true(rig_has_reason(&s.rig, 2, "QUOTA_REACHED", NULL));
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL);
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 2), STATE_PROPOSED);
	scene_close(&s);
}

static void a_restart_goes_through_all_once(void **state)
{
	struct scene s;

	(void)state;
	scene_open(
		&s, 0,
		TIGHT("r1", "90", "") "," TIGHT("r2", "50", "") "," REQUEST("r3", "02", "10", ""));
	submit(&s, 0);
	submit(&s, 1);
	rig_settle(&s.rig);
	rig_set_state(&s.rig, 0, STATE_WITHDRAWN, NULL);
	submit(&s, 2);
	rig_restart(&s.rig); /* before it heard of either */
	rig_settle(&s.rig);
	assert_int_equal(rig_state(&s.rig, 1), STATE_PROPOSED);
	assert_int_equal(rig_state(&s.rig, 2), STATE_PROPOSED);
	rig_expect_sound(&s.rig);
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_where_it_wishes),
		cmocka_unit_test(alternatives_say_what_they_cost),
		cmocka_unit_test(one_without_a_place_hears_who_stands_there_and_what_would_do),
		cmocka_unit_test(room_goes_to_the_best_value_with_a_day_to_accept),
		cmocka_unit_test(a_place_is_to_be_accepted_before_it_begins),
		cmocka_unit_test(the_working_bodys_value_goes_before_the_wish),
		cmocka_unit_test(one_that_lets_its_place_lapse_waits_behind_the_others),
		cmocka_unit_test(a_fixed_event_displaces_what_is_proposed),
		cmocka_unit_test(the_displaced_is_tried_again_at_once),
		cmocka_unit_test(a_fixed_event_waits_for_what_is_confirmed),
		cmocka_unit_test(an_announced_event_prefers_its_announced_place),
		cmocka_unit_test(consents_stay_where_days_venue_and_size_stay),
		cmocka_unit_test(an_amended_request_keeps_its_place_until_its_outcome),
		cmocka_unit_test(a_free_place_can_be_taken),
		cmocka_unit_test(a_place_outside_the_windows_widens_them),
		cmocka_unit_test(a_place_that_is_not_free_is_refused_with_the_reasons),
		cmocka_unit_test(a_task_whose_request_is_no_longer_so_is_refused),
		cmocka_unit_test(answers_count_in_those_under_way),
		cmocka_unit_test(reasons_that_are_old_before_they_are_shown_are_told_anew),
		cmocka_unit_test(stale_answers_are_computed_again),
		cmocka_unit_test(what_builds_on_a_failed_answer_never_matches_by_chance),
		cmocka_unit_test(no_more_than_so_many_answers_are_under_way),
		cmocka_unit_test(changed_data_displace_the_proposed_and_flag_the_confirmed),
		cmocka_unit_test(a_venue_that_is_retired_leaves_nobody_behind),
		cmocka_unit_test(what_follows_a_request_goes_and_comes_with_it),
		cmocka_unit_test(a_request_moves_though_something_follows_it),
		cmocka_unit_test(one_not_worth_it_is_tried_again_when_the_balance_moves),
		cmocka_unit_test(a_full_quota_waits_for_another_to_go),
		cmocka_unit_test(a_restart_goes_through_all_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
