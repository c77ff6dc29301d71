/* plan_file.c - see plan_file.h. */
#include "scheduler/plan_file.h"
#include <string.h>
#include "domain/programme.h"
#include "scheduler/explain.h"

/* Puts one record of a part of the file. What has no id or comes twice is the check's matter. */
#define PUT(programme, kind, field, record) \
	put(programme, &(Convene__V1__Entity){PROTOBUF_C_MESSAGE_INIT(&convene__v1__entity__descriptor), \
	                                      .of_case = CONVENE__V1__ENTITY__OF_##kind, .field = (record)})

static bool put(struct programme *programme, const Convene__V1__Entity *entity)
{
	enum cvn_err err = programme_put(programme, entity, 0);

	return err == CVN_OK || err == CVN_EINVALID;
}

static bool put_all(struct programme *programme, const struct programme_file *file)
{
	bool ok = PUT(programme, PROGRAMME, programme, file->programme);

	for (size_t i = 0; ok && i < file->n_cities; i++)
		ok = PUT(programme, CITY, city, file->cities[i]);
	for (size_t i = 0; ok && i < file->n_venues; i++)
		ok = PUT(programme, VENUE, venue, file->venues[i]);
	for (size_t i = 0; ok && i < file->n_services; i++)
		ok = PUT(programme, OFFER, offer, file->services[i]);
	for (size_t i = 0; ok && i < file->n_federations; i++)
		ok = PUT(programme, FEDERATION, federation, file->federations[i]);
	for (size_t i = 0; ok && i < file->n_squads; i++)
		ok = PUT(programme, SQUAD, squad, file->squads[i]);
	for (size_t i = 0; ok && i < file->n_protected; i++)
		ok = PUT(programme, PROTECTED, protected_, file->protected[i]);
	return ok;
}

struct problem *plan_file_compile(const struct programme_file *file)
{
	struct programme *programme = file->programme != NULL ? programme_new() : NULL;
	struct problem *problem = NULL;

	if (programme != NULL && put_all(programme, file)) {
		problem = problem_new(programme);
		for (size_t i = 0; i < file->n_requests; i++)
			if (file->requests[i]->id != NULL)
				problem_name_request(problem, file->requests[i]->id);
		for (size_t i = 0; i < file->n_requests; i++)
			if (file->requests[i]->id != NULL)
				problem_put_request(problem, file->requests[i], 0, PROBLEM_PUT_PLAIN);
	}
	programme_free(programme);
	return problem;
}

static enum cvn_err write_placed(const struct calendar *calendar, struct buf *out)
{
	const struct problem *problem = calendar->problem;
	const char *comma = "";
	enum cvn_err err = buf_printf(out, "\"placed\": [");

	for (int32_t r = 0; err == CVN_OK && r < problem->n_requests; r++) {
		struct calendar_spot spot = calendar_where(calendar, r);
		char iso[PROBLEM_DAY_SIZE];

		if (spot.venue == PROBLEM_NONE)
			continue;
		problem_format_day(problem, spot.day, iso);
		err = buf_printf(out, "%s\n{\"request\": \"%s\", \"venue\": \"%s\", \"first_day\": \"%s\"}", comma,
		                 problem->requests[r].id, problem->venues[spot.venue].id, iso);
		comma = ",";
	}
	return err;
}

static enum cvn_err write_reasons(const struct calendar *calendar, int32_t r, struct buf *out)
{
	struct explain_reason reasons[EXPLAIN_REASONS_MAX];
	int32_t n = explain_unplaced(calendar, r, 0, reasons);
	enum cvn_err err = buf_printf(out, "{\"request\": \"%s\", \"reasons\": [", calendar->problem->requests[r].id);

	for (int32_t i = 0; err == CVN_OK && i < n; i++) {
		err = buf_printf(out, "%s{\"code\": \"%s\"", i > 0 ? ", " : "", code_reason_name((int)reasons[i].code));
		for (int32_t j = 0; err == CVN_OK && j < reasons[i].n_with; j++)
			err = buf_printf(out, "%s\"%s\"", j > 0 ? ", " : ", \"with\": [",
			                 calendar->problem->requests[reasons[i].with[j]].id);
		if (err == CVN_OK)
			err = buf_printf(out, reasons[i].n_with > 0 ? "]}" : "}");
	}
	return err != CVN_OK ? err : buf_printf(out, "]}");
}

static enum cvn_err write_unplaced(const struct calendar *calendar, struct buf *out)
{
	const struct problem *problem = calendar->problem;
	const char *comma = "";
	enum cvn_err err = buf_printf(out, "],\n\"unplaced\": [");

	for (int32_t r = 0; err == CVN_OK && r < problem->n_requests; r++) {
		if (!problem->requests[r].present || calendar_is_placed(calendar, r))
			continue;
		err = buf_printf(out, "%s\n", comma);
		if (err == CVN_OK)
			err = write_reasons(calendar, r, out);
		comma = ",";
	}
	return err != CVN_OK ? err : buf_printf(out, "]}\n");
}

enum cvn_err plan_file_write(const struct calendar *calendar, const char *programme, struct buf *out)
{
	enum cvn_err err = buf_printf(out, "{\"programme\": \"%s\", \"score\": %lld,\n", programme,
	                              (long long)calendar->score);

	if (err == CVN_OK)
		err = write_placed(calendar, out);
	return err != CVN_OK ? err : write_unplaced(calendar, out);
}
