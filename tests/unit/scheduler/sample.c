/* sample.c - see sample.h. */
#include "sample.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "domain/day.h"
#include "scheduler/place.h"
#include "scheduler/plan_file.h"

#define FIRST_DAY 18993 /* 2022-01-01 */

uint64_t sample_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

int sample_below(uint64_t *state, int n)
{
	return (int)(sample_next(state) % (uint64_t)n);
}

static const char *const DISCIPLINES[] = {"ATH", "SWM", "JUD"};
static const char *const SERVICES[] = {"training", "scientific", "methodological", "medical"};
static const char *const KINDS[] = {"training_camp", "competition", "tournament", "mass_event"};

struct sample {
	const struct sample_shape *shape;
	FILE *out;
	uint64_t state;
	char days[4][DAY_TEXT_SIZE];
	int next_day;
};

static const char *iso(struct sample *s, int day)
{
	char *text = s->days[s->next_day++ & 3];

	day_format(FIRST_DAY + day, text);
	return text;
}

static int below(struct sample *s, int n)
{
	return sample_below(&s->state, n);
}

static void write_programme(struct sample *s)
{
	fprintf(s->out, "{\"programme\":{\"id\":\"sample\",\"name\":{\"en\":\"Sample\"},\"first_day\":\"%s\",", iso(s, 0));
	fprintf(s->out, "\"last_day\":\"%s\",\"parties\":[", iso(s, s->shape->n_days - 1));
	for (int p = 0; p < s->shape->n_parties; p++)
		fprintf(s->out, "%s\"PA%c\"", p > 0 ? "," : "", 'A' + p);
	fprintf(s->out,
	        "],\"guests\":[\"GUE\"],\"policy\":{\"date_weight\":%d,\"move_cost\":8000,\"reciprocity_weight\":%d,"
	        "\"rest_same_city\":%d,\"rest_same_host\":1,\"rest_between_hosts\":%d}},\n",
	        20 + below(s, 400), s->shape->weight, below(s, 2), below(s, 4));
}

static void write_places(struct sample *s)
{
	fprintf(s->out, "\"cities\":[");
	for (int c = 0; c < s->shape->n_cities; c++)
		fprintf(s->out, "%s{\"id\":\"c%d\",\"noc\":\"PA%c\",\"beds\":%d}", c > 0 ? "," : "", c,
		        'A' + c % s->shape->n_parties, 20 + below(s, 60));
	fprintf(s->out, "],\n\"venues\":[");
	for (int v = 0; v < s->shape->n_venues; v++) {
		int closed = below(s, s->shape->n_days);

		fprintf(s->out, "%s{\"id\":\"v%d\",\"city\":\"c%d\",\"disciplines\":[\"%s\"%s],\"facilities\":[%s],",
		        v > 0 ? "," : "", v, below(s, s->shape->n_cities), DISCIPLINES[below(s, 2)],
		        below(s, 2) ? ",\"JUD\"" : "", below(s, 2) ? "\"indoor\",\"lab\"" : "\"indoor\"");
		fprintf(s->out, "\"units\":%d,\"level\":%d,\"closed\":[[\"%s\",\"%s\"]]}", 1 + below(s, 7), 3 + below(s, 3),
		        iso(s, closed), iso(s, closed + below(s, 5)));
	}
	fprintf(s->out, "],\n\"services\":[");
	for (int p = 0; p < s->shape->n_parties; p++)
		for (int k = 0; k < 4; k++) {
			int from = below(s, s->shape->n_days);

			fprintf(s->out, "%s{\"provider\":\"PAA\",\"noc\":\"PA%c\",\"service\":\"%s\",\"capacity\":%d},", p + k ? "," : "",
			        'A' + p, SERVICES[k], 2 + below(s, 4));
			fprintf(s->out, "{\"provider\":\"PAB\",\"noc\":\"PA%c\",\"service\":\"%s\",\"capacity\":2,", 'A' + p, SERVICES[k]);
			fprintf(s->out, "\"first_day\":\"%s\",\"last_day\":\"%s\"}", iso(s, from), iso(s, from + below(s, 30)));
		}
}

static void write_people(struct sample *s)
{
	fprintf(s->out, "],\n\"federations\":[");
	for (int f = 0; f < 4; f++)
		fprintf(s->out, "%s{\"id\":\"f%d\",\"noc\":\"%s\",\"disciplines\":[\"ATH\",\"SWM\",\"JUD\"],\"max_events\":%d}",
		        f > 0 ? "," : "", f, f == 3 ? "GUE" : f == 0 ? "PAA" : "PAB",
		        s->shape->quota > 0 ? s->shape->quota : 1 + s->shape->n_fixed + s->shape->n_requests / 6 + below(s, 5));
	fprintf(s->out, "],\n\"squads\":[");
	for (int q = 0; q < s->shape->n_squads; q++)
		fprintf(s->out, "%s{\"id\":\"s%d\",\"federation\":\"f%d\",\"size\":%d}", q > 0 ? "," : "", q, below(s, 4), 4);
	fprintf(s->out, "],\n\"protected\":[");
	for (int i = 0; i < 4; i++) {
		int from = below(s, s->shape->n_days);

		fprintf(s->out, "%s{\"first_day\":\"%s\",\"last_day\":\"%s\",\"title\":\"p%d\"%s%s}", i > 0 ? "," : "", iso(s, from),
		        iso(s, from + below(s, 3)), i, i & 1 ? ",\"discipline\":\"ATH\"" : "", i & 2 ? ",\"noc\":\"PAB\"" : "");
	}
}

static void write_request(struct sample *s, int i)
{
	bool fixed = i < s->shape->n_fixed;
	int duration = 1 + below(s, 6), a = below(s, s->shape->n_days - duration), squad = below(s, s->shape->n_squads);
	int wide = duration + below(s, 16), b = a + wide < s->shape->n_days ? a + wide : s->shape->n_days - 1;
	int n_squads = fixed ? 0 : below(s, 3);

	fprintf(s->out, "%s{\"id\":\"r%d\",\"federation\":\"f%d\",\"kind\":\"%s\",\"discipline\":\"%s\",\"level\":%d,", i > 0 ? "," : "",
	        i, below(s, 3), KINDS[below(s, 4)], DISCIPLINES[below(s, 3)], 1 + below(s, 4));
	fprintf(s->out, "\"duration\":%d,\"windows\":[[\"%s\",\"%s\"]", duration, iso(s, a), iso(s, b));
	if (below(s, 4) == 0 && b + 3 + wide < s->shape->n_days)
		fprintf(s->out, ",[\"%s\",\"%s\"]", iso(s, b + 3), iso(s, b + 3 + wide));
	fprintf(s->out, "],\"preferred_first_day\":\"%s\",\"hosts\":[\"PAA\"%s%s],", iso(s, a + below(s, b - a - duration + 2)),
	        below(s, 4) ? ",\"PAB\"" : "", s->shape->n_parties > 2 && below(s, 2) ? ",\"PAC\"" : "");
	fprintf(s->out, "\"facilities\":[%s],\"units\":%d,\"headcount\":%d,", below(s, 4) ? "" : "\"lab\"",
	        fixed ? 0 : 1 + below(s, 3) + (below(s, 6) == 0 ? 3 : 0), fixed ? 0 : 5 + below(s, 20));
	fprintf(s->out, "\"services\":{%s", !fixed && below(s, 2) ? "\"training\":2" : "");
	fprintf(s->out, "},\"squads\":[");
	for (int q = 0; q < n_squads; q++)
		fprintf(s->out, "%s\"s%d\"", q > 0 ? "," : "", (squad + q) % s->shape->n_squads);
	fprintf(s->out, "],\"value\":%d", 1 + below(s, 100));
	if (i > s->shape->n_fixed && below(s, s->shape->is_linked ? 2 : 5) == 0)
		fprintf(s->out, ",\"after\":[{\"request\":\"r%d\",\"min_gap\":%d,\"max_gap\":%d}]", below(s, i), below(s, 3),
		        4 + below(s, 30));
	if (fixed || below(s, 8) == 0)
		fprintf(s->out, ",\"announced\":{\"venue\":\"v%d\",\"first_day\":\"%s\",\"fixed\":%s}", below(s, s->shape->n_venues),
		        iso(s, a), fixed ? "true" : "false");
	fprintf(s->out, "}");
}

char *sample_json(uint64_t seed, const struct sample_shape *shape)
{
	char *json = NULL;
	size_t n;
	struct sample s = {.shape = shape, .state = seed};

	s.out = open_memstream(&json, &n);
	write_programme(&s);
	write_places(&s);
	write_people(&s);
	fprintf(s.out, "],\n\"requests\":[");
	for (int i = 0; i < shape->n_requests; i++)
		write_request(&s, i);
	fprintf(s.out, "]}\n");
	fclose(s.out);
	return json;
}

struct problem *sample_problem(const char *json, struct programme_file *file)
{
	programme_file_init(file);
	assert_int_equal(programme_file_read(file, json, strlen(json)), CVN_OK);
	return plan_file_compile(file);
}

/* Tries every place of request `r` and of those after it. */
static void exhaust(struct calendar *calendar, int32_t r, int64_t *best)
{
	const struct problem *problem = calendar->problem;
	int64_t hope = calendar->score;

	if (calendar->score > *best)
		*best = calendar->score;
	for (int32_t i = r; i < problem->n_requests; i++)
		hope += INT64_C(1000) * problem->requests[i].value + (problem->requests[i].announced ? problem->policy.move_cost : 0) +
		        2 * problem->policy.reciprocity_weight * problem->requests[i].load;
	if (r == problem->n_requests || hope <= *best)
		return;
	for (int32_t i = 0; i < problem->requests[r].n_venues && !calendar_is_placed(calendar, r); i++)
		for (int32_t d = 0; d < problem->n_days; d++)
			if (place_fits(calendar, r, problem->requests[r].venues[i], d, PLACE_PLAIN) == PLACE_FREE) {
				calendar_place(calendar, r, problem->requests[r].venues[i], d);
				exhaust(calendar, r + 1, best);
				calendar_remove(calendar, r);
			}
	exhaust(calendar, r + 1, best);
}

int64_t sample_best_score(struct calendar *calendar)
{
	int64_t best = INT64_MIN;

	exhaust(calendar, 0, &best);
	return best;
}
