#include "cli/restore.h"
#include "cli/input.h"
#include "cli/out.h"
#include "wire/json.h"

#include <stdio.h>

#define BYTES_PCT 80 /* of a frame, with room for the envelope */
#define RECORDS_MAX 64

struct batch {
	struct cli *cli;
	Convene__V1__Record *records[RECORDS_MAX];
	size_t n, n_max, bytes, bytes_max;
	struct progress progress;
	int64_t n_sent;
};

static int flush(struct batch *b)
{
	Convene__V1__Restore restore = CONVENE__V1__RESTORE__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	if (b->n == 0)
		return EXIT_OK;
	restore.n_records = b->n;
	restore.records = b->records;
	call.of_case = CONVENE__V1__CALL__OF_RESTORE;
	call.restore = &restore;
	code = cli_programme_call(b->cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_DONE)
		return cli_fail(b->cli, EXIT_PROTOCOL, "the daemon did not answer with done");
	b->n_sent += (int64_t)b->n;
	b->n = b->bytes = 0;
	progress_show(&b->progress, b->n_sent, NULL);
	return EXIT_OK;
}

static int add(struct batch *b, Convene__V1__Record *record)
{
	const size_t bytes = protobuf_c_message_get_packed_size(&record->base) + 16;
	int code = EXIT_OK;

	if (b->n == b->n_max || (b->n > 0 && b->bytes + bytes > b->bytes_max))
		code = flush(b);
	b->records[b->n++] = record;
	b->bytes += bytes;
	return code;
}

/* Says what is wrong with the records; EXIT_DATA if anything is. */
static int read_record(struct cli *cli, const char *path, const json_t *json, size_t i,
		       Convene__V1__Record **ret)
{
	struct json_faults faults;
	ProtobufCMessage *message = NULL;
	char where[40];
	enum cvn_err err;

	snprintf(where, sizeof(where), "%s[%zu]", RESTORE_PART, i);
	json_faults_init(&faults, &cli->arena);
	err = json_to_message(json, &convene__v1__record__descriptor, where, NULL, &cli->arena,
			      &faults, &message);
	*ret = (Convene__V1__Record *)message;
	if (input_say_faults(cli, path, &faults) != EXIT_OK)
		return EXIT_DATA;
	return err == CVN_OK ? EXIT_OK : cli_fail_err(cli, path, err);
}

int restore_run(struct cli *cli, const char *path, const json_t *document, size_t *ret_n)
{
	const json_t *records = json_object_get(document, RESTORE_PART);
	const Convene__V1__Welcome *welcome;
	struct batch b = { .cli = cli, .n_max = RECORDS_MAX, .bytes_max = 65536 };
	int code = EXIT_OK;

	if (json_array_size(records) == 0)
		return EXIT_OK;
	code = cli_welcome(cli, &welcome);
	if (code != EXIT_OK)
		return code;
	if (welcome->batch_max > 0 && welcome->batch_max < RECORDS_MAX)
		b.n_max = (size_t)welcome->batch_max;
	if (welcome->frame_max_bytes > 0)
		b.bytes_max = (size_t)welcome->frame_max_bytes;
	b.bytes_max = b.bytes_max / 100 * BYTES_PCT;
	progress_start(&b.progress, "bringing back", (int64_t)json_array_size(records));
	for (size_t i = 0; i < json_array_size(records) && code == EXIT_OK; i++) {
		Convene__V1__Record *record;

		code = read_record(cli, path, json_array_get(records, i), i, &record);
		if (code == EXIT_OK)
			code = add(&b, record);
	}
	if (code == EXIT_OK)
		code = flush(&b);
	progress_end(&b.progress);
	*ret_n += (size_t)b.n_sent;
	return code;
}
