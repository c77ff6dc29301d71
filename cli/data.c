/* The programme's data: load, put, retire; and its phase: open, close, archive. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/restore.h"
#include "domain/programme.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A Put stays well below the daemon's frame, with room for its envelope. */
#define PUT_BYTES_PCT 80
#define PUT_ENTITIES 256

/* What is being put: entities that go out together once they fill a call. */
struct putter {
	struct cli *cli;
	Convene__V1__Entity *entities[PUT_ENTITIES];
	size_t n;
	size_t n_max;
	size_t bytes, bytes_max;
	bool is_retiring;
	int64_t changed, cursor;
	struct progress progress;
	int64_t n_put;
	Convene__V1__Programme *about; /* load: the programme itself */
};

static int putter_init(struct putter *p, struct cli *cli, bool is_retiring, int64_t total)
{
	const Convene__V1__Welcome *welcome;
	int code = cli_welcome(cli, &welcome);

	if (code != EXIT_OK)
		return code;
	*p = (struct putter){
		.cli = cli, .is_retiring = is_retiring, .n_max = PUT_ENTITIES, .bytes_max = 65536
	};
	if (welcome->has_batch_max && welcome->batch_max > 0 && welcome->batch_max < PUT_ENTITIES)
		p->n_max = (size_t)welcome->batch_max;
	if (welcome->has_frame_max_bytes && welcome->frame_max_bytes > 0)
		p->bytes_max = (size_t)welcome->frame_max_bytes;
	p->bytes_max = p->bytes_max / 100 * PUT_BYTES_PCT;
	progress_start(&p->progress, is_retiring ? "retiring" : "loading", total);
	return EXIT_OK;
}

static int flush(struct putter *p)
{
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Put put = CONVENE__V1__PUT__INIT;
	Convene__V1__Reply *reply;
	int code;

	if (p->n == 0)
		return EXIT_OK;
	put.n_entities = p->n;
	put.entities = p->entities;
	put.has_retire = p->is_retiring;
	put.retire = p->is_retiring;
	call.of_case = CONVENE__V1__CALL__OF_PUT;
	call.put = &put;
	code = cli_programme_call(p->cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_DONE)
		return cli_fail(p->cli, EXIT_PROTOCOL, "the daemon did not answer put with done");
	p->changed += reply->done->changed;
	p->cursor = reply->done->cursor;
	p->n_put += (int64_t)p->n;
	p->n = p->bytes = 0;
	progress_show(&p->progress, p->n_put, NULL);
	return EXIT_OK;
}

/* Adds one; `message` is any of the messages of an Entity, and `kind` says which. */
static int add(struct putter *p, enum entity_kind kind, void *message)
{
	Convene__V1__Entity *entity = arena_alloc(&p->cli->arena, sizeof(*entity));
	size_t bytes;
	int code;

	if (entity == NULL)
		return cli_fail_err(p->cli, "put", CVN_ENOMEM);
	convene__v1__entity__init(entity);
	entity->of_case = (Convene__V1__Entity__OfCase)kind;
	entity->city = message; /* whichever member it is: all of them are pointers to messages */
	bytes = protobuf_c_message_get_packed_size(&entity->base) + 16;
	if (p->n == p->n_max || (p->n > 0 && p->bytes + bytes > p->bytes_max)) {
		code = flush(p);
		if (code != EXIT_OK)
			return code;
	}
	p->entities[p->n++] = entity;
	p->bytes += bytes;
	return EXIT_OK;
}

static int add_all(struct putter *p, enum entity_kind kind, void *const *messages, size_t n)
{
	int code = EXIT_OK;

	for (size_t i = 0; i < n && code == EXIT_OK; i++)
		code = add(p, kind, messages[i]);
	return code;
}

static int put_phase(struct putter *p, char *phase)
{
	Convene__V1__Programme *about = p->about;
	char *const before = about->phase;
	int code;

	about->phase = phase;
	code = add(p, ENTITY_PROGRAMME, about);
	if (code == EXIT_OK)
		code = flush(p);
	about->phase = before;
	return code;
}

/* The programme is archived meanwhile: nothing else may take a place before its owner is back. It
 * stays so where only some could be brought back. */
static int bring_back(struct putter *p, const char *path, const json_t *document, size_t *ret_n)
{
	char archived[] = "archived";
	int code = put_phase(p, archived), reopened;

	if (code == EXIT_OK)
		code = restore_run(p->cli, path, document, ret_n);
	if (code != EXIT_OK && *ret_n > 0)
		return cli_fail(p->cli, (enum exit_code)code,
				"%zu requests are there now, and the programme stays archived: "
				"load the rest, or open it as it is",
				*ret_n);
	reopened = put_phase(p, p->about->phase);
	return code != EXIT_OK ? code : reopened;
}

/* Sends what is left, and with a whole document what it holds beyond the data. */
static int finish(struct putter *p, const char *path, const json_t *document)
{
	size_t n_restored = 0;
	int code = flush(p);

	progress_end(&p->progress);
	if (code == EXIT_OK && document != NULL && json_object_get(document, RESTORE_PART) != NULL)
		code = bring_back(p, path, document, &n_restored);
	if (code != EXIT_OK)
		return code;
	if (p->cli->is_json)
		printf("{\"records\": %" PRId64 ", \"changed\": %" PRId64 ", \"cursor\": %" PRId64
		       ", \"requests\": %zu}\n",
		       p->n_put, p->changed, p->cursor, n_restored);
	else if (n_restored > 0)
		printf("%" PRId64 " records, %" PRId64 " changed; %zu requests as they stood\n",
		       p->n_put, p->changed, n_restored);
	else
		printf("%" PRId64 " records, %" PRId64 " changed\n", p->n_put, p->changed);
	return EXIT_OK;
}

/* The programme comes first, alone: the daemon knows none before. */
static int put_file(struct cli *cli, const char *path, const struct programme_file *f)
{
	const int64_t total = (int64_t)(1 + f->n_cities + f->n_venues + f->n_services +
					f->n_federations + f->n_squads + f->n_protected);
	struct putter p;
	int code = putter_init(&p, cli, false, total);

	p.about = f->programme;
	if (code == EXIT_OK)
		code = add(&p, ENTITY_PROGRAMME, f->programme);
	if (code == EXIT_OK)
		code = flush(&p);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_CITY, (void *const *)f->cities, f->n_cities);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_VENUE, (void *const *)f->venues, f->n_venues);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_OFFER, (void *const *)f->services, f->n_services);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_FEDERATION, (void *const *)f->federations,
			       f->n_federations);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_SQUAD, (void *const *)f->squads, f->n_squads);
	if (code == EXIT_OK)
		code = add_all(&p, ENTITY_PROTECTED, (void *const *)f->protected, f->n_protected);
	return code == EXIT_OK ? finish(&p, path, f->document) : code;
}

int cmd_load(struct cli *cli)
{
	const char *path = cli->args.positional[0];
	struct programme_file file;
	int code;

	programme_file_init(&file);
	code = input_read(cli, path, programme_file_read, &file);
	if (code == EXIT_OK && (file.programme == NULL || file.programme->id == NULL))
		code = cli_fail(cli, EXIT_DATA, "%s: programme.id is not there", path);
	if (code == EXIT_OK) {
		snprintf(cli->profile.programme, sizeof(cli->profile.programme), "%s",
			 file.programme->id);
		code = put_file(cli, path, &file);
	}
	programme_file_done(&file);
	return code;
}

/* The messages' types, by kind of entity. */
static const ProtobufCMessageDescriptor *type_of(enum entity_kind kind)
{
	switch (kind) {
	case ENTITY_CITY:
		return &convene__v1__city__descriptor;
	case ENTITY_VENUE:
		return &convene__v1__venue__descriptor;
	case ENTITY_OFFER:
		return &convene__v1__offer__descriptor;
	case ENTITY_FEDERATION:
		return &convene__v1__federation__descriptor;
	case ENTITY_SQUAD:
		return &convene__v1__squad__descriptor;
	case ENTITY_PROTECTED:
		return &convene__v1__protected__descriptor;
	case ENTITY_PROGRAMME:
		return &convene__v1__programme__descriptor;
	default:
		return NULL;
	}
}

/* Reads one object, or each of an array, into messages; all faults go to `faults`. */
static enum cvn_err read_records(struct cli *cli, const json_t *json,
				 const ProtobufCMessageDescriptor *type, struct json_faults *faults,
				 void ***ret, size_t *ret_n)
{
	const size_t n = json_is_array(json) ? json_array_size(json) : 1;
	void **messages = arena_array(&cli->arena, n + 1, sizeof(void *));

	if (messages == NULL)
		return CVN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char path[32] = "";
		ProtobufCMessage *message = NULL;
		enum cvn_err err;

		if (json_is_array(json))
			snprintf(path, sizeof(path), "[%zu]", i);
		err = json_to_message(json_is_array(json) ? json_array_get(json, i) : json, type,
				      path, NULL, &cli->arena, faults, &message);
		if (err != CVN_OK && err != CVN_EINVALID)
			return err;
		messages[i] = message;
	}
	*ret = messages;
	*ret_n = n;
	return faults->n_errors > 0 ? CVN_EINVALID : CVN_OK;
}

static int put_records(struct cli *cli, enum entity_kind kind, void **messages, size_t n)
{
	struct putter p;
	enum cvn_err err = CVN_OK;
	int code;

	if (kind == ENTITY_OFFER)
		err = programme_file_name_offers((Convene__V1__Offer **)messages, n, &cli->arena);
	else if (kind == ENTITY_PROTECTED)
		err = programme_file_name_protected((Convene__V1__Protected **)messages, n,
						    &cli->arena);
	if (err != CVN_OK)
		return cli_fail_err(cli, "put", err);
	if (kind == ENTITY_PROGRAMME && n == 1 && cli->profile.programme[0] == '\0')
		snprintf(cli->profile.programme, sizeof(cli->profile.programme), "%s",
			 ((Convene__V1__Programme *)messages[0])->id);
	code = putter_init(&p, cli, false, (int64_t)n);
	if (code == EXIT_OK)
		code = add_all(&p, kind, messages, n);
	return code == EXIT_OK ? finish(&p, NULL, NULL) : code;
}

static int parse_kind(struct cli *cli, enum entity_kind *ret)
{
	*ret = entity_kind_of_name(cli->args.positional[0]);
	if (*ret != ENTITY_NONE)
		return EXIT_OK;
	return cli_fail(
		cli, EXIT_USAGE,
		"%s is no kind: programme, city, venue, offer, federation, squad or protected",
		cli->args.positional[0]);
}

int cmd_put(struct cli *cli)
{
	const char *path = cli->args.positional[1];
	struct json_faults faults;
	enum entity_kind kind;
	struct buf bytes;
	void **messages = NULL;
	json_t *json = NULL;
	size_t n = 0;
	int code = parse_kind(cli, &kind);

	if (code != EXIT_OK)
		return code;
	buf_init(&bytes, JSON_DOCUMENT_BYTES);
	json_faults_init(&faults, &cli->arena);
	code = cli_read_file(cli, path, &bytes);
	if (code == EXIT_OK)
		json = json_parse((const char *)bytes.bytes, bytes.n, &faults);
	if (json != NULL) {
		enum cvn_err err = read_records(cli, json, type_of(kind), &faults, &messages, &n);

		code = err == CVN_OK || err == CVN_EINVALID ? EXIT_OK :
							      cli_fail_err(cli, path, err);
	}
	if (code == EXIT_OK)
		code = input_say_faults(cli, path, &faults);
	if (code == EXIT_OK)
		code = put_records(cli, kind, messages, n);
	json_decref(json);
	buf_done(&bytes);
	return code;
}

/* An entity of that kind with nothing but its id. All messages begin alike up to it: base, id. */
static void *make_named(struct cli *cli, enum entity_kind kind, char *id)
{
	const ProtobufCMessageDescriptor *type = type_of(kind);
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(type, "id");
	uint8_t *message = arena_zalloc(&cli->arena, type->sizeof_message);

	if (message == NULL)
		return NULL;
	protobuf_c_message_init(type, message);
	memcpy(message + field->offset, &id, sizeof(id));
	return message;
}

int cmd_retire(struct cli *cli)
{
	const size_t n = (size_t)cli->args.n_positional - 1;
	struct putter p;
	enum entity_kind kind;
	int code = parse_kind(cli, &kind);

	if (code == EXIT_OK)
		code = putter_init(&p, cli, true, (int64_t)n);
	for (size_t i = 0; i < n && code == EXIT_OK; i++) {
		void *message = make_named(cli, kind, cli->args.positional[1 + i]);

		code = message != NULL ? add(&p, kind, message) :
					 cli_fail_err(cli, "retire", CVN_ENOMEM);
	}
	return code == EXIT_OK ? finish(&p, NULL, NULL) : code;
}
