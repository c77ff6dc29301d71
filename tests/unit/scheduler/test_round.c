/* Planning rounds on random crowded programmes: the plan and its difference, and its adoption by the online scheduler
 * while others change things, judged by the tests' own checker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "online_rig.h"
#include "sample.h"
#include "scheduler/round.h"

#define SEEDS 12
#define ADOPTION 1000000 /* a task's id that no row of the rig has */

struct scene {
	char *json;
	struct programme_file file;
	struct rig rig;
	struct arena arena;
	Convene__V1__Round draft;
	Convene__V1__Adopt adopt;
};

static void scene_open_for(struct scene *s, uint64_t seed, int n_days)
{
	struct sample_shape shape = { .n_requests = 60, .n_days = n_days, .n_parties = 3, .n_cities = 4, .n_venues = 7,
				      .n_squads = 8, .n_fixed = 2, .weight = seed % 2 == 0 ? 0 : 40 };

	memset(s, 0, sizeof *s);
	programme_file_init(&s->file);
	s->json = sample_json(seed, &shape);
	problem_free(sample_problem(s->json, &s->file));
	rig_open(&s->rig, &s->file);
	for (size_t i = 0; i < s->rig.n_rows; i++)
		rig_submit(&s->rig, i, s->file.requests[i]);
	rig_settle(&s->rig);
	rig_expect_sound(&s->rig);
	arena_init(&s->arena, (size_t)64 << 20);
}

static void scene_open(struct scene *s, uint64_t seed)
{
	scene_open_for(s, seed, 60);
}

static void scene_close(struct scene *s)
{
	rig_close(&s->rig);
	arena_done(&s->arena);
	programme_file_done(&s->file);
	free(s->json);
}

static void plan(struct scene *s, const Convene__V1__RoundStart *order)
{
	struct round *round = round_new(s->rig.replica, order);
	static const atomic_bool never;
	struct solve_limits limits = { .steps = 20000, .n_threads = 1, .seed = 1, .stop = &never };

	round_search(round, &limits);
	convene__v1__round__init(&s->draft);
	assert_null(round_difference(round, &s->arena, &s->draft));
	round_free(round);
}

static size_t row_of(const struct scene *s, const char *id)
{
	for (size_t i = 0; i < s->rig.n_rows; i++)
		if (strcmp(s->file.requests[i]->id, id) == 0)
			return i;
	fail_msg("no request %s", id);
	return 0;
}

/* The task that takes the draft over. */
static void ask(struct scene *s)
{
	Convene__V1__Task task = CONVENE__V1__TASK__INIT;
	char programme[] = "p"; /* the rig's */

	convene__v1__adopt__init(&s->adopt);
	s->adopt.moves = arena_array(&s->arena, s->draft.n_entries + 1, sizeof *s->adopt.moves);
	for (size_t i = 0; i < s->draft.n_entries; i++) {
		const Convene__V1__RoundEntry *e = s->draft.entries[i];
		Convene__V1__AdoptMove *m = arena_zalloc(&s->arena, sizeof *m);

		convene__v1__adopt_move__init(m);
		m->request = e->request;
		m->has_revision = m->has_state = true;
		m->revision = e->revision;
		m->state = e->state;
		m->from = e->from;
		m->to = e->to;
		s->adopt.moves[s->adopt.n_moves++] = m;
	}
	task.has_id = true;
	task.id = ADOPTION;
	task.programme = programme;
	task.of_case = CONVENE__V1__TASK__OF_ADOPT;
	task.adopt = &s->adopt;
	online_task(s->rig.online, &task);
}

static bool stands_at(const struct scene *s, const Convene__V1__RoundEntry *e, const Convene__V1__Placement *there)
{
	size_t row = row_of(s, e->request);

	return strcmp(rig_venue(&s->rig, row), there != NULL ? there->venue : "") == 0 &&
	       strcmp(rig_first_day(&s->rig, row), there != NULL ? there->first_day : "") == 0;
}

static void a_draft_says_truly_what_it_would_change(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		struct scene s;

		scene_open(&s, seed);
		plan(&s, &order);
		const Convene__V1__Round *d = &s.draft;
		assert_true(d->score_after >= d->score_before);
		assert_int_equal(d->moved + d->placed + d->dropped, d->n_entries);
		assert_int_equal(d->placed_after - d->placed_before, d->placed - d->dropped);
		assert_int_equal(d->cursor, replica_cursor(s.rig.replica));
		assert_true(!d->has_bound || d->bound >= d->score_after);
		for (size_t i = 0; i < d->n_entries; i++) {
			const Convene__V1__RoundEntry *e = d->entries[i];

			assert_true(stands_at(&s, e, e->from));
			assert_int_equal(e->state, rig_state(&s.rig, row_of(&s, e->request)));
			assert_true((e->to == NULL) == (strcmp(e->what, "dropped") == 0));
			assert_true((e->from == NULL) == (strcmp(e->what, "placed") == 0));
			assert_true((e->n_reasons > 0) == (e->to == NULL));
			assert_true(e->from == NULL || e->to == NULL || strcmp(e->from->venue, e->to->venue) != 0 ||
				    strcmp(e->from->first_day, e->to->first_day) != 0);
		}
		scene_close(&s);
	}
}

static void adopted_at_rest_all_moves_hold_and_nothing_more_fits(void **state)
{
	size_t n_moves = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		struct scene s;

		scene_open(&s, seed);
		plan(&s, &order);
		n_moves += s.draft.n_entries;
		ask(&s);
		for (size_t i = 0; i < s.draft.n_entries; i++) /* nothing before it is committed */
			assert_true(stands_at(&s, s.draft.entries[i], s.draft.entries[i]->from));
		while (rig_commit(&s.rig))
			;
		for (size_t i = 0; i < s.draft.n_entries; i++)
			if (!stands_at(&s, s.draft.entries[i], s.draft.entries[i]->to))
				fail_msg("seed %llu: %s is not %s but stands at %s, %s", (unsigned long long)seed,
					 s.draft.entries[i]->request, s.draft.entries[i]->what,
					 rig_venue(&s.rig, row_of(&s, s.draft.entries[i]->request)),
					 s.rig.refusal);
		rig_settle(&s.rig);
		rig_expect_sound(&s.rig);
		scene_close(&s);
	}
	assert_true(n_moves > SEEDS);
}

/* What is withdrawn before the task comes is known to the scheduler; what is withdrawn after it is not. */
static void what_others_changed_stays_and_the_rest_is_sound(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		struct scene s;

		scene_open(&s, seed);
		plan(&s, &order);
		if (s.draft.n_entries == 0) {
			scene_close(&s);
			continue;
		}
		size_t known = row_of(&s, s.draft.entries[0]->request);
		size_t late = row_of(&s, s.draft.entries[s.draft.n_entries - 1]->request);
		rig_set_state(&s.rig, known, STATE_WITHDRAWN, NULL);
		if (seed % 2 == 0)
			rig_settle(&s.rig);
		ask(&s);
		rig_set_state(&s.rig, late, STATE_WITHDRAWN, NULL);
		rig_settle(&s.rig);
		rig_expect_sound(&s.rig);
		assert_int_equal(rig_state(&s.rig, known), STATE_WITHDRAWN);
		assert_int_equal(rig_state(&s.rig, late), STATE_WITHDRAWN);
		scene_close(&s);
	}
}

static void confirmed_ones_move_only_if_asked_for_and_are_never_dropped(void **state)
{
	size_t n_moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		struct scene s;

		scene_open(&s, seed);
		for (size_t i = 0; i < s.rig.n_rows; i += 2)
			if (rig_state(&s.rig, i) == STATE_PROPOSED)
				rig_set_state(&s.rig, i, STATE_CONFIRMED, NULL);
		rig_settle(&s.rig);
		plan(&s, &order);
		for (size_t i = 0; i < s.draft.n_entries; i++)
			assert_int_not_equal(s.draft.entries[i]->state, STATE_CONFIRMED);
		order.has_move_confirmed = order.move_confirmed = true;
		plan(&s, &order);
		for (size_t i = 0; i < s.draft.n_entries; i++)
			if (s.draft.entries[i]->state == STATE_CONFIRMED) {
				assert_string_equal(s.draft.entries[i]->what, "moved");
				n_moved++;
			}
		ask(&s);
		rig_settle(&s.rig);
		rig_expect_sound(&s.rig);
		scene_close(&s);
	}
	assert_true(n_moved > 0);
}

/* Some have no day left in the programme, or others than those that they stand on. */
static void what_stands_behind_a_programme_cut_short_harms_no_round(void **state)
{
	size_t n_behind = 0, n_moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
		char last_day[] = "9999-12-31", *was;
		struct scene s;

		scene_open_for(&s, seed, 400);
		for (size_t i = 0; i < s.rig.n_rows; i++)
			if (rig_state(&s.rig, i) == STATE_PROPOSED)
				rig_set_state(&s.rig, i, STATE_CONFIRMED, NULL);
		rig_settle(&s.rig);
		for (size_t i = 0; i < s.rig.n_rows; i += 4) /* about the earliest, but some room is left */
			if (rig_state(&s.rig, i) == STATE_CONFIRMED && strcmp(rig_first_day(&s.rig, i), last_day) < 0)
				memcpy(last_day, rig_first_day(&s.rig, i), sizeof last_day);
		entity.of_case = CONVENE__V1__ENTITY__OF_PROGRAMME;
		entity.programme = s.file.programme;
		was = entity.programme->last_day;
		entity.programme->last_day = last_day;
		rig_put(&s.rig, &entity);
		rig_settle(&s.rig);
		for (size_t i = 0; i < s.rig.n_rows; i++)
			n_behind += strcmp(rig_first_day(&s.rig, i), last_day) > 0;
		order.has_move_confirmed = order.move_confirmed = true;
		plan(&s, &order);
		for (size_t i = 0; i < s.draft.n_entries; i++)
			if (s.draft.entries[i]->to != NULL) {
				assert_true(strcmp(s.draft.entries[i]->to->first_day, last_day) <= 0);
				n_moved++;
			}
		entity.programme->last_day = was;
		scene_close(&s);
	}
	assert_true(n_behind > 0 && n_moved > 0);
}

static void a_scope_keeps_the_rest_where_it_is(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		Convene__V1__RoundStart order = CONVENE__V1__ROUND_START__INIT;
		Convene__V1__RoundScope scope = CONVENE__V1__ROUND_SCOPE__INIT;
		struct scene s;

		scene_open(&s, seed);
		order.scope = &scope;
		scope.n_federations = 1;
		scope.federations = &s.file.requests[0]->federation;
		plan(&s, &order);
		for (size_t i = 0; i < s.draft.n_entries; i++)
			assert_string_equal(s.file.requests[row_of(&s, s.draft.entries[i]->request)]->federation,
					    scope.federations[0]);
		scene_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_draft_says_truly_what_it_would_change),
		cmocka_unit_test(adopted_at_rest_all_moves_hold_and_nothing_more_fits),
		cmocka_unit_test(what_others_changed_stays_and_the_rest_is_sound),
		cmocka_unit_test(confirmed_ones_move_only_if_asked_for_and_are_never_dropped),
		cmocka_unit_test(what_stands_behind_a_programme_cut_short_harms_no_round),
		cmocka_unit_test(a_scope_keeps_the_rest_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
